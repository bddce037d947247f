"""What the parts of the API have in common: settings, stores, metrics, and whose request it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from fastapi import Request
from starlette.types import Scope

from oonib.app.client import client_address, is_local, scope_address
from oonib.editorial import open_records
from oonib.metrics import Metrics
from oonib.objects import ObjectStore
from oonib.records import Records
from oonib.reference.geoip import GeoIp
from oonib.runtime import open_objects, open_spool, open_warehouse
from oonib.settings import Settings
from oonib.spool import Spool
from oonib.warehouse.client import Warehouse


@dataclass(frozen=True, slots=True)
class Shared:
    """Made once for each worker process. Parts add to `at_start` and `at_end` what they need done then."""

    settings: Settings
    metrics: Metrics
    spool: Spool
    warehouse: Warehouse
    objects: ObjectStore
    records: Records
    geoip: GeoIp
    at_start: list[Callable[[], None]] = field(default_factory=list)
    at_end: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the spool; ClickHouse, the object store and GeoIP may be away."""
        return cls(
            settings,
            Metrics(),
            open_spool(settings),
            open_warehouse(settings),
            open_objects(settings),
            open_records(settings),
            GeoIp(settings.geoip_dir),
        )

    def close(self) -> None:
        """End what the parts began, then close the stores."""
        for end in self.at_end:
            end()
        self.records.close()
        self.spool.close()
        self.warehouse.close()

    def note_file(self, setting: str, result: str) -> None:
        """Count a look at a file that a setting names."""
        self.metrics.watched_files.labels(setting, result).inc()

    def address_of(self, request: Request) -> str:
        """The address of a request's sender, empty where none can be believed."""
        return client_address(request, self.settings.trusted_proxies)

    def sender_of(self, scope: Scope) -> str:
        """The same, where there is no request object."""
        return scope_address(scope, self.settings.trusted_proxies)

    def is_local(self, request: Request) -> bool:
        """Whether a request comes from this machine."""
        return is_local(request, self.settings.trusted_proxies)
