"""Settings: where the data is, and how the HTTP API is served."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from oonib.settings.group import Group


class ServingSettings(Group):
    """Where the data is, and how the HTTP API is served."""

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

    @field_validator("cors_origins")
    @classmethod
    def _is_regular(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"not a regular expression: {exc}") from None
        return value

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
    def public_url(self) -> str:
        """`base_url` without a closing slash, with the default filled in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")
