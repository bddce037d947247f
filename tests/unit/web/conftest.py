"""The pages over a real spool; health checks and measurements are given by the test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from oonib.app.health import Finding
from oonib.errors import OonibError
from oonib.measurements.schema import SearchParameters
from oonib.measurements.service import MeasurementService
from oonib.spool import Limits, Spool
from oonib.web import WebService
from oonib.web.assets import load_assets
from oonib.web.routes import router
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
class Site:
    """The pages and what lies behind them."""

    client: Client
    spool: Spool
    listing: Listing
    findings: list[Finding]


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

    service = WebService(
        health=health,
        spool=spool,
        measurements=cast("MeasurementService", listing),
        openapi=app.openapi,
        assets=load_assets(),
        clock=lambda: NOW,
        patience=ALWAYS,
    )
    app.include_router(router(desk, service))
    yield Site(Client(app), spool, listing, findings)
    spool.close()
