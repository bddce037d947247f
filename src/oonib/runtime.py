"""From settings to the things that processes are made of: spool, warehouse, object store.

The part of composition that the API, the daemons and the command line share. Each function makes a new
thing and gives it to its caller, who closes it.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

import structlog

from oonib.faults import from_environment
from oonib.objects import ObjectStore
from oonib.settings import BadSettings, Settings
from oonib.spool import Limits, Spool
from oonib.warehouse.client import Warehouse
from oonib.warehouse.embedded import ensure_password


def open_spool(settings: Settings) -> Spool:
    """This host's spool. What its file has lost is told in the log."""
    limits = Limits(settings.spool_max_bytes, settings.spool_disk_reserve, settings.spool_digest_days)
    spool = Spool(settings.spool_path, limits, from_environment())
    for notice in spool.opening.notices:
        structlog.get_logger("spool").error("spool damaged", problem=notice)
    return spool


@dataclass(frozen=True, slots=True)
class EmbeddedEndpoint:
    """Where the embedded ClickHouse of a data folder listens, whether it runs yet or not."""

    folder: Path
    host: str
    port: int
    password: str

    @property
    def url(self) -> str:
        """For clients."""
        return f"http://default:{self.password}@{self.host}:{self.port}/ooni"


def embedded_endpoint(settings: Settings) -> EmbeddedEndpoint:
    """The endpoint, chosen once for a data folder and kept there, so that processes start in any order."""
    folder = settings.data_dir / "clickhouse"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _remembered_port(folder / "port")
    return EmbeddedEndpoint(folder, "127.0.0.1", port, ensure_password(folder / "password"))


def _remembered_port(path: Path) -> int:
    if not path.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            chosen = path.with_name(f"port.{probe.getsockname()[1]}")
            chosen.write_text(str(probe.getsockname()[1]), encoding="ascii")
        try:
            # A link, unlike a rename, leaves the choice of a process that was faster.
            path.hardlink_to(chosen)
        except FileExistsError:
            pass
        finally:
            chosen.unlink(missing_ok=True)
    return int(path.read_text(encoding="ascii"))


def open_warehouse(settings: Settings) -> Warehouse:
    """ClickHouse: the configured server, or the embedded one of this data folder. Raises `BadSettings`."""
    given = settings.clickhouse_url
    url = embedded_endpoint(settings).url if given is None else given.get_secret_value()
    try:
        return Warehouse.connect(url, cluster=settings.clickhouse_cluster, timeout=settings.query_seconds)
    except ValueError as exc:
        raise BadSettings(f"clickhouse_url: {exc}") from None


def open_objects(settings: Settings) -> ObjectStore:
    """The archive's object store."""
    return open_store(settings, settings.store_url)


def open_store(settings: Settings, url: str) -> ObjectStore:
    """An object store elsewhere, with the archive's keys."""
    secret = settings.s3_secret_key
    access = settings.s3_access_key
    return ObjectStore.open(
        url,
        endpoint_url=settings.s3_endpoint_url,
        access_key=None if access is None else access.get_secret_value(),
        secret_key=None if secret is None else secret.get_secret_value(),
        anonymous=settings.s3_anonymous,
        region=settings.s3_region,
        data_dir=settings.data_dir,
    )
