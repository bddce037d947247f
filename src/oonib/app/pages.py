"""The pages for people, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

import oonib
from oonib.accounts import Access
from oonib.app import memberpages, searchpages
from oonib.app.managing import Managing
from oonib.app.reading import Reading
from oonib.app.shared import Shared
from oonib.archive.manifests.service import ManifestService
from oonib.editorial import account_key, now
from oonib.findings.schema import FindingFilters
from oonib.jobs import JobsService
from oonib.ledger import LedgerService
from oonib.web import WebService
from oonib.web import routes as web_routes
from oonib.web.assets import load_assets
from oonib.web.chart import ChartService
from oonib.web.chart import routes as chart_routes
from oonib.web.checked import Finding
from oonib.web.data import DataService
from oonib.web.data import routes as data_routes
from oonib.web.frame.routes import Desk
from oonib.web.frame.visiting import Door
from oonib.web.map import WorldService
from oonib.web.pages import Pages
from oonib.web.places import PlacePages
from oonib.web.places import routes as place_routes
from oonib.web.places.looks import Looks
from oonib.web.places.sources import Sources as PlaceSources
from oonib.web.service import Sources
from oonib.web.status import StatusService
from oonib.web.status import routes as status_routes


def open_desk(shared: Shared, access: Access, managed: Managing) -> Desk:
    """Where requests for pages are answered."""
    url = shared.settings.public_url
    pages = Pages(load_assets(), base_url=url, version=oonib.__version__)
    door = Door(access, account_key(shared.settings).encode(), managed.accounts.sessions)
    return Desk(pages, door, secure=url.startswith("https://"))


@dataclass(frozen=True, slots=True)
class Behind:
    """The services that pages show."""

    health: Callable[[], Sequence[Finding]]
    openapi: Callable[[], dict[str, Any]]
    reading: Reading
    ledger: LedgerService
    jobs: JobsService
    manifests: ManifestService
    managed: Managing


def router(shared: Shared, desk: Desk, behind: Behind) -> APIRouter:
    """All pages."""
    reading = behind.reading
    sources = _sources(shared, behind)
    home = WebService(sources, openapi=behind.openapi, assets=load_assets())
    charts = ChartService(reading.aggregation, base_url=shared.settings.public_url, clock=now)
    data = DataService(shared.objects, base_url=shared.settings.public_url)
    status = StatusService(
        health=behind.health,
        spool=shared.spool,
        ledger=behind.ledger,
        jobs=behind.jobs,
        manifests=behind.manifests,
    )
    published = behind.managed.publishing.findings
    places = PlacePages(PlaceSources(reading.places, reading.aggregation, published, now, Looks()))
    pages = APIRouter()
    for part in (
        web_routes.router(desk, home),
        chart_routes.router(desk, charts),
        data_routes.router(desk, data),
        status_routes.router(desk, status),
        place_routes.router(desk, places),
        memberpages.router(shared, desk, behind.managed),
        searchpages.router(shared, desk, reading, behind.managed.editing.feedback),
    ):
        pages.routes.extend(part.routes)
    return pages


def _sources(shared: Shared, behind: Behind) -> Sources:
    reading, findings = behind.reading, behind.managed.publishing.findings
    return Sources(
        health=behind.health,
        spool=shared.spool,
        measurements=reading.measurements,
        totals=reading.statistics,
        world=WorldService(reading.aggregation, now).world,
        published=lambda: findings.search(FindingFilters(), None),
    )
