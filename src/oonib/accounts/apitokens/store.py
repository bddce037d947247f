"""API tokens by their hash."""

from datetime import datetime

from sqlalchemy import func, select

from oonib.accounts.store import note, take_turns
from oonib.records import Records
from oonib.records.tables import ApiToken


class TooManyTokens(Exception):
    """The account has as many as it may."""


class ApiTokenStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, token: ApiToken, *, most: int) -> None:
        """Keep one more for its account. Raises `TooManyTokens`."""
        with self._records.write() as session:
            take_turns(session, [token.account_id])
            has = select(func.count()).where(ApiToken.account_id == token.account_id)
            if session.scalars(has).one() >= most:
                raise TooManyTokens
            session.add(token)
            note(session, token.create_time, token.account_id, "api_token.create", token.digest)

    def of_account(self, account_id: str) -> list[ApiToken]:
        """An account's tokens, the newest first."""
        wanted = select(ApiToken).where(ApiToken.account_id == account_id)
        with self._records.read() as session:
            return list(session.scalars(wanted.order_by(ApiToken.create_time.desc(), ApiToken.digest)))

    def remove(self, digest: str, account_id: str, now: datetime) -> bool:
        """Revoke one of an account. Whether there was one."""
        with self._records.write() as session:
            found = session.get(ApiToken, digest)
            if found is None or found.account_id != account_id:
                return False
            session.delete(found)
            note(session, now, account_id, "api_token.revoke", digest)
            return True

    def version(self) -> tuple[int, datetime | None]:
        """Something that differs once a token was added or removed."""
        with self._records.read() as session:
            count, newest = session.execute(select(func.count(), func.max(ApiToken.create_time))).one()
        return count, newest

    def accounts(self) -> dict[str, str]:
        """Every token's hash and account."""
        with self._records.read() as session:
            found = session.execute(select(ApiToken.digest, ApiToken.account_id))
            return {row[0]: row[1] for row in found}
