"""From settings to what accounts and edits are made of: records, tokens, keys.

Apart from `runtime`, because a database library takes a second of the processor to load, and most processes
of a backend have no use for it.
"""

from datetime import UTC, datetime, timedelta

from oonib.accounts.tokens import Tokens
from oonib.records import Records
from oonib.settings import BadSettings, Settings
from oonib.warehouse.embedded import ensure_password


def open_records(settings: Settings) -> Records:
    """The database of what people edit. Raises `BadSettings`."""
    url = settings.database_url.get_secret_value() or f"sqlite:///{settings.data_dir / 'records.db'}"
    try:
        return Records.open(url)
    except ValueError as exc:
        raise BadSettings(f"database_url: {exc}") from None


def open_tokens(settings: Settings) -> Tokens:
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
