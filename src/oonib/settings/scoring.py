"""Settings: the scorer, and the reference data that it and others use."""

import re
from typing import Literal

from pydantic import Field, field_validator

from oonib.settings.group import Group

_LISTEN_RE = re.compile(r"(?:(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):)?([0-9]{1,5})", re.ASCII)


class ScoringSettings(Group):
    """The scorer, and the reference data that it and others use."""

    scorers: int = Field(
        0, ge=0, le=256, description="Scoring processes. 0: one less than the processors, at least 1."
    )
    fastpath_listen: str = Field(
        "",
        description="Where `oonib fastpath` takes measurements from other API hosts: a port of 127.0.0.1, or"
        " host:port. Empty: nowhere.",
    )
    feeder_backlog: int = Field(
        200_000, ge=1, description="Unscored measurements beyond which other API hosts are told 503."
    )
    feeder_backlog_seconds: float = Field(
        3600.0, gt=0, description="Age of the oldest unscored measurement beyond which they are."
    )
    fingerprints_source: str = Field(
        "https://raw.githubusercontent.com/ooni/blocking-fingerprints/main",
        description="Base URL or folder of fingerprints_dns.csv and fingerprints_http.csv.",
    )
    test_lists_source: str = Field(
        "https://github.com/citizenlab/test-lists/archive/refs/heads/master.tar.gz",
        description="Test lists: an archive (.tar, .tar.gz, .zip) at a URL or local, a git repository, a"
        " folder with `lists/*.csv`, or `starter`.",
    )
    test_lists_minimum: int = Field(
        20_000, ge=0, description="Test lists with so many addresses or fewer are refused."
    )
    test_lists_largest_loss: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of the addresses in use that new test lists may lack; with less they are refused.",
    )
    asn_source: str = Field(
        "https://archive.org/download/ip2country-as/all_as_org_map.json",
        description="Names of networks: URL or file, plain or gzip, or `starter`.",
    )
    asn_minimum: int = Field(100_000, ge=0, description="So many names of networks or fewer are refused.")
    geoip_source: str = Field(
        "https://github.com/ooni/historical-geoip/releases/download/{YYYYMM}01/{YYYYMM}01-ip2country_as.mmdb.gz",
        description="GeoIP data: a URL, in which `{YYYYMM}` or `{YYYY-MM}` stands for the month; a file,"
        " plain or gzip; or a folder with `asn_cc.mmdb` or the pair `asn.mmdb`, `cc.mmdb`.",
    )
    fingerprint_semantics: Literal["production", "declared"] = Field(
        "production",
        description="`production` matches as OONI's scorer does, `declared` honours each pattern's type.",
    )

    @field_validator("fastpath_listen")
    @classmethod
    def _is_address(cls, value: str) -> str:
        found = _LISTEN_RE.fullmatch(value)
        if value and (found is None or int(found[2]) > 65535):
            raise ValueError("neither a port nor host:port")
        return value

    @property
    def feeder_address(self) -> tuple[str, int] | None:
        """Host and port of `fastpath_listen`, or None."""
        found = _LISTEN_RE.fullmatch(self.fastpath_listen)
        return None if found is None else ((found[1] or "127.0.0.1").strip("[]"), int(found[2]))
