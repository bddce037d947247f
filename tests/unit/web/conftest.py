"""The pages over a real spool; health checks and measurements are given by the test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from oonib.app.health import Finding
from oonib.errors import OonibError
from oonib.measurements.schema import SearchParameters
from oonib.measurements.service import MeasurementService
from oonib.measurements.statistics.cache import Answer
from oonib.spool import Limits, Spool
from oonib.web import WebService
from oonib.web.assets import load_assets
from oonib.web.map import CountryCounts, World
from oonib.web.routes import router
from oonib.web.service import Sources
from oonib.web.snapshot import Patience

from support.pages import Client, make_app, make_desk

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
ALWAYS = Patience(fresh=0.0, oldest=60.0, briefly=60.0, first=60.0)


@dataclass
class Listing:
    """Stands for the measurement service: rows as its listings have them, or what it raises."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    error: OonibError | None = None
    base_url: str = "https://api.example.org"
    asked: list[SearchParameters] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)

    def search(self, asked: SearchParameters) -> "Listing":
        """A page of the rows."""
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        self.results = self.rows
        return self


@dataclass
class Around:
    """Stands for the totals, the counts of the map, and the findings."""

    totals: dict[str, int] = field(
        default_factory=lambda: {"measurement_count": 123456, "country_count": 5, "network_count": 9}
    )
    countries: list[CountryCounts] = field(
        default_factory=lambda: [CountryCounts("IR", 200, 40, 20, 10), CountryCounts("AD", 3, 3, 0, 0)]
    )
    published: list[dict[str, Any]] = field(default_factory=list)
    error: OonibError | None = None

    async def global_overview(self) -> Answer:
        """The totals."""
        self._stand()
        return Answer(orjson.dumps(self.totals), 60)

    def world(self) -> World:
        """The counts of the map."""
        self._stand()
        return World("2026-02-01", "2026-03-03", self.countries)

    def _stand(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class Site:
    """The pages and what lies behind them."""

    client: Client
    spool: Spool
    listing: Listing
    findings: list[Finding]
    around: Around


def row(**values: Any) -> dict[str, Any]:
    """A measurement as listings show it."""
    return {
        "measurement_uid": "20260302100000.000000_BR_webconnectivity_0123456789abcdef",
        "measurement_start_time": "2026-03-02T09:59:30.000000Z",
        "probe_cc": "BR",
        "probe_asn": "AS64500",
        "test_name": "web_connectivity",
        "input": "https://site.example/",
        "anomaly": False,
        "confirmed": False,
        "failure": False,
    } | values


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    spool = Spool(tmp_path / "spool.sqlite", Limits(disk_reserve=0))
    listing = Listing([row()])
    findings = [Finding(id="spool_room", status="ok", detail="there is room")]
    desk = make_desk()
    app = make_app(desk)

    def health() -> Sequence[Finding]:
        return findings

    around = Around()
    sources = Sources(
        health=health,
        spool=spool,
        measurements=cast("MeasurementService", listing),
        totals=around,
        world=around.world,
        published=lambda: around.published,
    )
    service = WebService(
        sources, openapi=app.openapi, assets=load_assets(), clock=lambda: NOW, patience=ALWAYS
    )
    app.include_router(router(desk, service))
    yield Site(Client(app), spool, listing, findings, around)
    spool.close()
