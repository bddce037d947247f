"""What people log in for, put together: records, accounts, and the routes behind the door."""

import structlog
from fastapi import APIRouter

from oonib.accounts import Access
from oonib.accounts.guard.routes import Guard
from oonib.accounts.store import AccountStore
from oonib.app import accounts, editing, publishing
from oonib.app.shared import Shared
from oonib.checkin.prioritisation import Prioritisation
from oonib.editorial import now, open_tokens
from oonib.records import Conflict, RecordsUnavailable
from oonib.records.version import NEWEST, version


def open_access(shared: Shared) -> Access:
    """Who may do what. The tables are brought up to date at the start, where the database is there."""
    shared.at_start.append(lambda: _prepare(shared))
    return Access(open_tokens(shared.settings), AccountStore(shared.records), clock=now)


def router(shared: Shared, access: Access, prioritisation: Prioritisation) -> APIRouter:
    """The routes for people with an account, and those that show what they made."""
    guard = Guard(access)
    managing = APIRouter()
    managing.routes.extend(publishing.router(shared, guard, prioritisation).routes)
    managing.routes.extend(accounts.router(shared, guard).routes)
    managing.routes.extend(editing.router(shared, guard, prioritisation).routes)
    return managing


def _prepare(shared: Shared) -> None:
    try:
        if version(shared.records) != NEWEST:
            from oonib.records.migrating import migrate  # noqa: PLC0415 - takes long to load, is rarely needed

            migrate(shared.records)
    except (Conflict, RecordsUnavailable) as exc:
        structlog.get_logger("records").warning("records are away", problem=str(exc))
