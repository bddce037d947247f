"""The report id: `20260302T101530Z_webconnectivity_BR_28573_n1_k3ZqWb0TtN7yLoPa` (probe contract 1.5, 5.2).

Owns making one and taking one apart. Report ids are neither stored nor signed: any well-formed one counts.
"""

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

_RANDOM_BYTES = 12
_NOT_ALNUM_RE = re.compile(r"[^a-z0-9]")
_TEST_RE = re.compile(r"[A-Za-z0-9]{2,29}", re.ASCII)
_CC_RE = re.compile(r"[A-Za-z]{2}", re.ASCII)
_ASN_RE = re.compile(r"[0-9]{1,10}", re.ASCII)
_PART_RE = re.compile(r"[A-Za-z0-9]{1,40}", re.ASCII)


class BadReportId(ValueError):
    """The text is not a report id."""


@dataclass(frozen=True, slots=True)
class ReportId:
    """A report id taken apart, each part as it was sent. `str()` gives the id back."""

    stamp: str
    test: str
    cc: str
    asn: str
    collector: str
    random: str

    def __str__(self) -> str:
        return f"{self.stamp}_{self.test}_{self.cc}_{self.asn}_{self.collector}_{self.random}"


def parse_report_id(text: str) -> ReportId:
    """Take a report id apart by checks 1 to 3 of probe contract 5.2. Raises `BadReportId`.

    The timestamp, collector and random parts are only held to their alphabet, because ids of other
    backends are accepted; nothing of an id may ever leave that alphabet, since it names files.
    """
    parts = text.split("_")
    if len(parts) != 6:
        raise BadReportId("a report id has six parts")
    report_id = ReportId(*parts)
    well_formed = (
        _CC_RE.fullmatch(report_id.cc)
        and _TEST_RE.fullmatch(report_id.test)
        and _ASN_RE.fullmatch(report_id.asn)
        and all(_PART_RE.fullmatch(part) for part in (report_id.stamp, report_id.collector, report_id.random))
    )
    if not well_formed:
        raise BadReportId("a part of the report id is malformed")
    return report_id


def make_report_id(now: datetime, test_name: str, cc: str, asn: int, collector: str) -> ReportId:
    """A fresh report id. Everything but letters and digits is taken out of `test_name`."""
    random = base64.b64encode(secrets.token_bytes(_RANDOM_BYTES), altchars=b"oo").decode("ascii")
    test = _NOT_ALNUM_RE.sub("", test_name.lower())
    return ReportId(now.strftime("%Y%m%dT%H%M%SZ"), test, cc, str(asn), f"n{collector}", random)


def tidy_cc(value: object) -> str:
    """Upper-case country code of a claim, `ZZ` where it is none (probe contract 4)."""
    text = str(value).upper().replace("_", "") if isinstance(value, str) else ""
    return text if _CC_RE.fullmatch(text) else "ZZ"


def tidy_asn(value: object) -> int:
    """Number of an `AS<n>` claim, 0 where it is none (probe contract 4)."""
    text = value.upper() if isinstance(value, str) else ""
    if not text.startswith("AS") or not _ASN_RE.fullmatch(text[2:]):
        return 0
    return int(text[2:])
