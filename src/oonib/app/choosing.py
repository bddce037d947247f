"""Check-in and the priorities of URLs, put together."""

import random
from datetime import UTC, datetime

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.checkin import routes as checkin_routes
from oonib.checkin.features import Features
from oonib.checkin.helpers import TestHelpers
from oonib.checkin.prioritisation import Entry, Failover, Prioritisation, PriorityStore
from oonib.checkin.prioritisation import routes as prioritisation_routes
from oonib.checkin.service import CheckinService
from oonib.priorities import RuleStore
from oonib.reference.citizenlab.fetching import fetch
from oonib.reference.citizenlab.parsing import parse_lists
from oonib.reference.sources import STARTER


def open_prioritisation(shared: Shared) -> Prioritisation:
    """What chooses URLs for probes."""
    prioritisation = Prioritisation(
        PriorityStore(shared.warehouse),
        RuleStore(shared.records),
        Failover(shared.settings.data_dir / "checkin" / "failover.json", _starter_entries),
        shared.metrics,
        clock=lambda: datetime.now(UTC),
        rng=random.Random(),  # noqa: S311 - an order of URLs, no secret
    )
    shared.at_start.append(prioritisation.start)
    shared.at_end.append(prioritisation.close)
    return prioritisation


def router(shared: Shared, helpers: TestHelpers, prioritisation: Prioritisation) -> APIRouter:
    """What tells probes what to measure."""
    settings = shared.settings
    checkin = CheckinService(
        prioritisation=prioritisation,
        helpers=helpers,
        locator=shared.geoip,
        features=Features.watch(settings.features, shared.note_file),
        metrics=shared.metrics,
        collector_id=settings.collector_id,
        clock=lambda: datetime.now(UTC),
    )
    choosing = APIRouter()
    choosing.routes.extend(checkin_routes.router(checkin, shared.address_of).routes)
    choosing.routes.extend(prioritisation_routes.router(prioritisation, shared.metrics).routes)
    return choosing


def _starter_entries() -> list[Entry]:
    rows = parse_lists(fetch(STARTER).by_name).rows
    return [Entry.make(url, domain, cc, category) for domain, url, cc, category in rows]
