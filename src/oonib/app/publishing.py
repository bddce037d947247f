"""What people publish, put together: findings and OONI Run links."""

import secrets

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


def router(shared: Shared, guard: Guard, prioritisation: Prioritisation) -> APIRouter:
    """Findings and links, for everybody to read and for people with an account to write."""

    def next_id() -> int:
        # As OONI's services make them: the last digits tell hosts apart.
        return secrets.randbits(32) * 100 + int(shared.settings.collector_id)

    findings = FindingsService(FindingStore(shared.records), clock=now, next_id=next_id)
    links = OoniRunService(LinkStore(shared.records), clock=now)
    legacy = LegacyService(LegacyStore(shared.records), clock=now, next_id=next_id)
    publishing = APIRouter()
    publishing.routes.extend(finding_routes.router(findings, guard).routes)
    publishing.routes.extend(oonirun_routes.router(links, guard, prioritisation).routes)
    publishing.routes.extend(legacy_routes.router(legacy, guard).routes)
    return publishing
