"""What people log in for, put together: records, accounts, and the routes behind the door."""

from dataclasses import dataclass

import structlog
from fastapi import APIRouter

from oonib.accounts import Access
from oonib.accounts.guard.routes import Guard
from oonib.accounts.store import AccountStore
from oonib.app import accounts, editing, publishing
from oonib.app.accounts import Accounts
from oonib.app.editing import Editing
from oonib.app.publishing import Publishing
from oonib.app.shared import Shared
from oonib.checkin.prioritisation import Prioritisation
from oonib.editorial import now, open_tokens
from oonib.records import Conflict, RecordsUnavailable
from oonib.records.version import NEWEST, version


def open_access(shared: Shared) -> Access:
    """Who may do what. The tables are brought up to date at the start, where the database is there."""
    shared.at_start.append(lambda: _prepare(shared))
    return Access(open_tokens(shared.settings), AccountStore(shared.records), clock=now)


@dataclass(frozen=True, slots=True)
class Managing:
    """What people log in for, and what chooses URLs by the rules that they make."""

    accounts: Accounts
    publishing: Publishing
    editing: Editing
    prioritisation: Prioritisation


def open_managing(shared: Shared, prioritisation: Prioritisation) -> Managing:
    """Accounts, and what is made with them."""
    return Managing(
        accounts.open_accounts(shared),
        publishing.open_publishing(shared),
        editing.open_editing(shared, prioritisation),
        prioritisation,
    )


def router(access: Access, services: Managing) -> APIRouter:
    """The routes for people with an account, and those that show what they made."""
    guard = Guard(access)
    managing = APIRouter()
    for part in (
        publishing.router(guard, services.publishing, services.prioritisation),
        accounts.router(guard, services.accounts),
        editing.router(guard, services.editing),
    ):
        managing.routes.extend(part.routes)
    return managing


def _prepare(shared: Shared) -> None:
    try:
        if version(shared.records) != NEWEST:
            from oonib.records.migrating import migrate  # noqa: PLC0415 - takes long to load, is rarely needed

            migrate(shared.records)
    except (Conflict, RecordsUnavailable) as exc:
        structlog.get_logger("records").warning("records are away", problem=str(exc))
