"""What people log in for, put together: records, accounts, and the routes behind the door."""

from datetime import UTC, datetime, timedelta

import structlog
from fastapi import APIRouter

from oonib.accounts import Access
from oonib.accounts.guard.routes import Guard
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Tokens
from oonib.app.shared import Shared
from oonib.checkin.prioritisation import Prioritisation
from oonib.records import Conflict, RecordsUnavailable
from oonib.records.migrating import migrate
from oonib.settings import Settings
from oonib.warehouse.embedded import ensure_password


def open_access(shared: Shared) -> Access:
    """Who may do what. The tables are brought up to date at the start, where the database is there."""
    shared.at_start.append(lambda: _prepare(shared))
    return Access(tokens(shared.settings), AccountStore(shared.records), clock=now)


def router(shared: Shared, access: Access, prioritisation: Prioritisation) -> APIRouter:
    """The routes for people with an account, and those that show what they made."""
    guard = Guard(access)
    managing = APIRouter()
    del shared, guard, prioritisation
    return managing


def tokens(settings: Settings) -> Tokens:
    """Tokens of people, under the key that is set or made at first start."""
    return Tokens(
        settings.jwt_encryption_key.get_secret_value()
        or ensure_password(settings.data_dir / "secrets" / "jwt_encryption_key"),
        session_life=timedelta(days=settings.session_expiry_days),
        login_life=timedelta(days=settings.login_expiry_days),
    )


def account_key(settings: Settings) -> str:
    """The key of account ids, set or made at first start."""
    given = settings.account_id_hashing_key.get_secret_value()
    return given or ensure_password(settings.data_dir / "secrets" / "account_id_hashing_key")


def now() -> datetime:
    """The clock of accounts."""
    return datetime.now(UTC)


def _prepare(shared: Shared) -> None:
    try:
        migrate(shared.records)
    except (Conflict, RecordsUnavailable) as exc:
        structlog.get_logger("records").warning("records are away", problem=str(exc))
