"""What people publish, put together: findings and OONI Run links."""

import secrets
from dataclasses import dataclass

from fastapi import APIRouter

from oonib.accounts.guard.routes import Guard
from oonib.app.shared import Shared
from oonib.checkin.prioritisation import Prioritisation
from oonib.editorial import now
from oonib.findings import FindingsService
from oonib.findings import routes as finding_routes
from oonib.findings.store import FindingStore
from oonib.oonirun import OoniRunService
from oonib.oonirun import routes as oonirun_routes
from oonib.oonirun.legacy import LegacyService
from oonib.oonirun.legacy import routes as legacy_routes
from oonib.oonirun.legacy.store import LegacyStore
from oonib.oonirun.store import LinkStore


@dataclass(frozen=True, slots=True)
class Publishing:
    """What people publish."""

    findings: FindingsService
    links: OoniRunService
    legacy: LegacyService


def open_publishing(shared: Shared) -> Publishing:
    """Findings, OONI Run links, and those of the first cut."""

    def next_id() -> int:
        # As OONI's services make them: the last digits tell hosts apart.
        return secrets.randbits(32) * 100 + int(shared.settings.collector_id)

    findings = FindingsService(FindingStore(shared.records), clock=now, next_id=next_id)
    links = OoniRunService(LinkStore(shared.records), clock=now)
    legacy = LegacyService(LegacyStore(shared.records), clock=now, next_id=next_id)
    return Publishing(findings, links, legacy)


def router(guard: Guard, services: Publishing, prioritisation: Prioritisation) -> APIRouter:
    """Findings and links, for everybody to read and for people with an account to write."""
    publishing = APIRouter()
    for part in (
        finding_routes.router(services.findings, guard),
        oonirun_routes.router(services.links, guard, prioritisation),
        legacy_routes.router(services.legacy, guard),
    ):
        publishing.routes.extend(part.routes)
    return publishing
