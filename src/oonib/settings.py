"""Every setting of oonib, declared once: name, type, default, help. Environment and file feed it.

Order of precedence: command line, `OONIB_*` variables, `oonib.toml`, defaults. Unknown names fail with the
nearest known one. Code gets values from the composition root; nothing imports a settings object.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "OONIB_"
_NOT_SETTINGS = frozenset({"OONIB_FAULT_FILE", "OONIB_SUPERVISED", "OONIB_CONFIG", "OONIB_SHARED_DATA"})
_GIB = 1024**3
_LISTEN_RE = re.compile(r"(?:(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):)?([0-9]{1,5})", re.ASCII)
_ADDRESS_RE = re.compile(r"[^\s@\[\]\"'<>(),;:]+@[^\s@\[\]\"'<>(),;:]+")


class BadSettings(ValueError):
    """A setting has an unknown name or a value that does not fit. The message says which and what fits."""


class Settings(BaseModel):
    """The declared settings. `field.description` is the help that the command line and the docs show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(
        Path("data"), description="Folder that holds everything oonib stores on this host."
    )
    host: str = Field("127.0.0.1", description="Address that the HTTP API listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the HTTP API listens on.")
    base_url: str = Field(
        "", description="Public address of the API, for links in answers. Empty: host and port."
    )
    workers: int = Field(2, ge=1, le=64, description="Processes that serve the HTTP API.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    metrics_password: SecretStr = Field(
        SecretStr(""), description="Password of user `prom` on /metrics. Empty: only loopback may read it."
    )
    cors_origins: str = Field(
        r"https://[-A-Za-z0-9]+(\.(test|dev))?\.ooni\.(org|io)",
        description="Origins (a regular expression) whose pages may log in and send credentials.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="Proxies in front whose X-Forwarded-For entry is believed, counted from the right.",
    )

    collector_id: str = Field(
        "1", pattern=r"^[0-9]{1,6}$", description="Number of this host in report ids and archive names."
    )
    other_collectors: list[str] = Field(
        [], description="Base URLs of the other API hosts, asked for bodies that are not archived yet."
    )
    max_body_bytes: int = Field(32 * 1024**2, ge=1024, description="Largest request body as sent, in bytes.")
    max_decoded_bytes: int = Field(
        64 * 1024**2, ge=1024, description="Largest body after decompression, in bytes."
    )
    stall_seconds: float = Field(30.0, gt=0, description="A request without progress for so long is closed.")
    spool_max_bytes: int = Field(
        20 * _GIB, ge=1024**2, description="Cap of the spool; beyond it the answer is 507."
    )
    spool_disk_reserve: int | None = Field(
        None,
        ge=0,
        description="Free bytes kept on the disk; below them the answer is 507. None: 2 % up to 1 GiB.",
    )
    spool_digest_days: int = Field(
        8, ge=7, description="Days for which the same bytes sent again get the same uid."
    )
    spool_age_alarm_seconds: float = Field(
        900.0, gt=0, description="Age of the oldest unscored measurement that turns /health red."
    )

    ledger_horizon_seconds: float = Field(
        7200.0, ge=0, description="Age after its end from which an hour of the ledger must add up."
    )

    clickhouse_url: SecretStr | None = Field(
        None,
        description="ClickHouse server, http://user:password@host:8123/database. None: the embedded one.",
    )
    clickhouse_cluster: str | None = Field(None, description="Cluster name for replicated tables.")
    query_seconds: float = Field(28.0, gt=0, description="Longest that a query of the API may take.")
    query_rows: int = Field(
        2_000_000_000, ge=0, description="Most rows that a query of the API may read. 0: no limit."
    )
    heavy_queries: int = Field(
        4, ge=1, description="Expensive queries that an API worker runs at a time; 16 more wait up to 10 s."
    )
    long_answers: int = Field(4, ge=1, description="Answers that an API worker streams at a time.")

    object_store_url: str = Field(
        "",
        description="Archive: a folder, file://… or s3://bucket/prefix. Empty: `objects` in the data folder.",
    )
    s3_endpoint_url: str | None = Field(None, description="S3 service other than Amazon's.")
    s3_access_key: SecretStr | None = Field(None, description="S3 access key.")
    s3_secret_key: SecretStr | None = Field(None, description="S3 secret key.")
    s3_anonymous: bool = Field(False, description="Read S3 without keys.")
    s3_region: str | None = Field(None, description="S3 region.")
    archive_grace_seconds: float = Field(
        600.0, ge=0, description="Seconds after the end of an hour before it is archived."
    )

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

    features: Path | None = Field(
        None,
        description="JSON file of feature flags for a part of the probes. None: the default flags for all.",
    )

    test_helpers: Path | None = Field(
        None, description="JSON file of the test helpers that probes are told of. None: those of OONI."
    )
    test_helper_strategy: Literal["random", "weighted_by_address", "round_robin_ip"] = Field(
        "random",
        description="Order of the helpers: another one each time, or the same for an address, by weights or"
        " by the rule of 2023.",
    )
    tor_targets_file: Path | None = Field(None, description="JSON file of the targets of the tor nettest.")
    psiphon_config_file: Path | None = Field(None, description="JSON file with the configuration of psiphon.")
    vpn_config_file: Path | None = Field(None, description="JSON file of VPN providers, by name.")
    require_probe_token: bool = Field(
        False, description="Give tor targets and psiphon's configuration only to probes that logged in here."
    )
    strict_probe_login: bool = Field(
        False, description="Refuse probes that registered with another key; they never register again."
    )
    probe_token_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs tokens of probes; the same on all API hosts. Empty: made at first start.",
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description=(
            "Database of what people edit: sqlite:///FILE or postgresql+psycopg://user:password@host/name."
            " Empty: SQLite in the data folder."
        ),
    )
    jwt_encryption_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs sessions of people; one for all API hosts. Empty: made at first start.",
    )
    account_id_hashing_key: SecretStr = Field(
        SecretStr(""),
        max_length=64,
        description="Key of the hash that makes account ids; never change it. Empty: made at first start.",
    )
    session_expiry_days: int = Field(2, ge=1, description="Days after which a session has to be refreshed.")
    login_expiry_days: int = Field(7, ge=1, description="Days after which a new login link is needed.")
    test_lists_origin: str = Field(
        "",
        description="Repository of the test lists that people edit: owner/name at GitHub, https://, ssh:// or"
        " file://. Empty: nobody can edit them here.",
    )
    test_lists_push: str = Field(
        "",
        description="Repository, usually a fork, that changes are pushed to. Empty: nobody can submit.",
    )
    github_api_url: str = Field(
        "https://api.github.com",
        pattern=r"^https?://[^\s?#]+$",
        description="GitHub's API, for pull requests.",
    )
    github_user: str = Field(
        "", pattern=r"^[A-Za-z0-9-]{0,39}$", description="Who pushes, and opens pull requests."
    )
    github_token: SecretStr = Field(SecretStr(""), description="Token of that user at GitHub.")
    admin_emails: list[str] = Field(
        [], description="Addresses that are admins, whatever roles were given. Others: `oonib account role`."
    )
    login_redirects: list[str] = Field(
        [
            "explorer.ooni.org",
            "explorer.test.ooni.org",
            "explorer.dev.ooni.org",
            "run.ooni.io",
            "run.ooni.org",
            "run.test.ooni.org",
            "run-v2.ooni.org",
            "test-lists.ooni.org",
            "test-lists.test.ooni.org",
        ],
        description="Hosts whose pages people may log in to, by https; that of `base_url` always may.",
    )
    login_mails_per_address_hour: int = Field(
        5, ge=1, description="Login mails that an address gets in an hour; more are not sent."
    )
    login_mails_per_network_hour: int = Field(
        60, ge=1, description="Login mails in an hour asked for by a network (IPv4 /24, IPv6 /48)."
    )
    mail_backend: Literal["file", "smtp", "console"] = Field(
        "file",
        description="How mail goes out: by `smtp`, into files of the folder `mail` in the data folder (kept"
        " for a day), or shown on the `console` of the API (shows addresses and links).",
    )
    mail_from: str = Field("OONI <noreply@localhost>", description="Sender of mails.")
    smtp_host: str = Field("", description="Mail server.")
    smtp_port: int = Field(
        587, ge=1, le=65535, description="Port of the mail server; 465 is usual for `tls`."
    )
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls` or `tls`, both with a checked certificate, or `none`."
    )
    smtp_username: str = Field("", description="User at the mail server. Empty: nobody logs in there.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    manifest_url: str = Field(
        "",
        description="Manifest of anonymous credentials: file, file://… or s3://bucket/key. Empty: none.",
    )
    credentials_secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret key that belongs to the manifest. Empty: the one `oonib credentials new` made.",
    )
    minimum_anonc_protocol_version: str = Field(
        "0.1.0",
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,9}){0,7}$",
        description="Least version of the credential protocol whose proofs are looked at.",
    )
    credentials_per_network_hour: int = Field(
        1000, ge=1, description="Credentials a network (IPv4 /24, IPv6 /48) gets in an hour from a worker."
    )

    quota_day_seconds: float = Field(
        4000.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds of serving that a network (IPv4 /24, IPv6 /48) or account has in a day.",
    )
    quota_week_seconds: float = Field(
        20_000.0, gt=0, allow_inf_nan=False, description="The same in a week; not less than in a day."
    )
    quota_month_seconds: float = Field(
        60_000.0, gt=0, allow_inf_nan=False, description="The same in 30 days; not less than in a week."
    )
    quota_unmetered_networks: list[str] = Field(
        [], description="Networks or addresses, such as 192.0.2.0/24, whose requests cost nothing."
    )

    @field_validator("test_helper_strategy", mode="before")
    @classmethod
    def _strategy_by_another_name(cls, value: object) -> object:
        # The names of the two strategies in OONI's own documents.
        other = {"shuffle": "random", "weighted-by-address": "weighted_by_address"}
        return other.get(value, value) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _is_regular(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"not a regular expression: {exc}") from None
        return value

    @field_validator("admin_emails")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        for text in value:
            if not text.isascii() or not _ADDRESS_RE.fullmatch(text):
                raise ValueError("not all of them are addresses in ASCII, separated by commas")
        return value

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        key = self.jwt_encryption_key.get_secret_value()
        if key and key != "CHANGEME" and key == self.probe_token_key.get_secret_value():
            # Anybody gets a token that is signed with the other one.
            raise ValueError("jwt_encryption_key and probe_token_key must differ")
        return self

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if not value.isprintable() or "@" not in parseaddr(value)[1]:
            raise ValueError("neither an address nor `Name <address>`")
        return value

    @model_validator(mode="after")
    def _mail_has_a_way(self) -> Self:
        if self.mail_backend == "smtp" and not self.smtp_host:
            raise ValueError("mail_backend is smtp, so smtp_host must be set")
        return self

    @field_validator("quota_unmetered_networks")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for text in value:
            ipaddress.ip_network(text, strict=False)
        return value

    @model_validator(mode="after")
    def _quotas_grow(self) -> Self:
        if not self.quota_day_seconds <= self.quota_week_seconds <= self.quota_month_seconds:
            raise ValueError("quota_day_seconds <= quota_week_seconds <= quota_month_seconds does not hold")
        return self

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

    @property
    def spool_path(self) -> Path:
        """The spool's file."""
        return self.data_dir / "spool" / "spool.sqlite"

    @property
    def geoip_dir(self) -> Path:
        """Where the GeoIP files of this host are."""
        return self.data_dir / "geoip"

    @property
    def jobs_dir(self) -> Path:
        """Where the last results of jobs are, and the locks that keep them from running twice at once."""
        return self.data_dir / "jobs"

    @property
    def credentials_dir(self) -> Path:
        """Where the key of anonymous credentials is kept, and the manifest that was made with it."""
        return self.data_dir / "credentials"

    @property
    def manifest_key_path(self) -> Path:
        """The key that signs the manifests of this host's archive."""
        return self.data_dir / "archive" / "signing.key"

    @property
    def store_url(self) -> str:
        """The archive, with the default filled in."""
        return self.object_store_url or str(self.data_dir.absolute() / "objects")

    @property
    def public_url(self) -> str:
        """`base_url` without a closing slash, with the default filled in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `overrides` (from the command line) wins; None in it means not given.

    Raises `BadSettings`.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    values.update(_from_file(environ))
    values.update(_from_environment(environ))
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as exc:
        raise BadSettings(_explain(exc)) from None


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    given = environ.get("OONIB_CONFIG")
    path = Path(given or "oonib.toml")
    if not given and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{path}: {exc}") from None
    _refuse_unknown(values, f"{path}: ", "")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = [name for name in environ if name.startswith(PREFIX) and name not in _NOT_SETTINGS]
    values: dict[str, Any] = {name.removeprefix(PREFIX).lower(): environ[name] for name in names}
    _refuse_unknown(values, "", PREFIX)
    for name, field in Settings.model_fields.items():
        if name in values and field.annotation == list[str]:
            values[name] = [item.strip() for item in values[name].split(",") if item.strip()]
        elif values.get(name) == "" and field.default is None:
            del values[name]
    return values


def _refuse_unknown(names: Iterable[str], where: str, prefix: str) -> None:
    for name in names:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)[0]
            shown = (name, near) if not prefix else (prefix + name.upper(), prefix + near.upper())
            raise BadSettings(f"{where}unknown setting {shown[0]}; the nearest known one is {shown[1]}")


def _explain(exc: ValidationError) -> str:
    problems = (": ".join((*map(str, error["loc"]), error["msg"])) for error in exc.errors())
    return "bad settings: " + "; ".join(problems)


def reference() -> str:
    """The settings as a page of the documentation."""
    lines = [
        "# Settings",
        "",
        "Each is a variable `OONIB_<NAME>` or a key of `oonib.toml`.",
        "This page is generated by `oonib settings --markdown`.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = "" if default in (None, "", []) else f"`{default}`".replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {(field.description or '').replace('|', chr(92) + '|')} |")
    return "\n".join(lines)
