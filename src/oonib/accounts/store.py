"""What is kept of accounts: roles that were given, since when sessions hold, which login mails went out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Transaction

from oonib.records import Records
from oonib.records.tables import Account, ApiToken, Audit, LoginMail, SessionExpunge

_HOUR = timedelta(hours=1)


class AccountStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def role(self, account_id: str) -> str | None:
        """The role that was given to an account, or None."""
        with self.records.rows() as connection:
            return connection.scalar(select(Account.role).where(Account.account_id == account_id))

    def valid_since(self, account_id: str) -> datetime | None:
        """What an account's tokens must not be older than, or None."""
        threshold = select(SessionExpunge.threshold).where(SessionExpunge.account_id == account_id)
        with self.records.rows() as connection:
            return connection.scalar(threshold)

    def thresholds(self) -> dict[str, datetime]:
        """What the tokens of all expunged accounts must not be older than."""
        with self.records.read() as session:
            return {one.account_id: one.threshold for one in session.scalars(select(SessionExpunge))}

    def set_role(self, account_id: str, role: str, now: datetime, by: str) -> None:
        """Give a role. A lower one ends the sessions that have the higher one."""
        with self.records.write() as session:
            found = session.get(Account, account_id, with_for_update=True)
            before = "user" if found is None else found.role
            if found is None:
                session.add(Account(account_id=account_id, role=role, update_time=now))
            else:
                found.role, found.update_time = role, now
            if before == "admin" and role != "admin":
                # Tokens know whole seconds: one of this very second must not stay an admin's.
                _end_sessions(session, account_id, now.replace(microsecond=0) + timedelta(seconds=1))
            note(session, now, by, "account.set_role", account_id, role=role, before=before)

    def expunge(self, account_id: str, now: datetime, by: str) -> None:
        """End the sessions, login links and API tokens of an account that began before now."""
        with self.records.write() as session:
            _end_sessions(session, account_id, now)
            session.execute(delete(ApiToken).where(ApiToken.account_id == account_id))
            note(session, now, by, "account.expunge", account_id)

    def take_login_mails(self, most: Mapping[str, int], now: datetime) -> bool:
        """Count one login mail for each key, unless one of them had its most within an hour."""
        with self.records.write() as session:
            take_turns(session, most)
            session.execute(delete(LoginMail).where(LoginMail.time <= now - _HOUR))
            sent = select(LoginMail.key, func.count()).where(LoginMail.key.in_(list(most)))
            counts = {row[0]: row[1] for row in session.execute(sent.group_by(LoginMail.key))}
            if any(counts.get(key, 0) >= limit for key, limit in most.items()):
                return False
            session.add_all(LoginMail(key=key, time=now) for key in most)
            return True

    def give_back_login_mail(self, key: str, now: datetime) -> None:
        """Forget a mail that was counted at `now` and could not be sent."""
        with self.records.write() as session:
            session.execute(delete(LoginMail).where(LoginMail.key == key, LoginMail.time == now))

    def log(self, most: int) -> list[Audit]:
        """The latest entries of the audit log, latest last."""
        with self.records.read() as session:
            latest = session.scalars(select(Audit).order_by(Audit.number.desc()).limit(most))
            return list(latest)[::-1]


def note(
    session: Transaction, now: datetime, account_id: str, action: str, object_id: str, **detail: object
) -> None:
    """Add to the audit log, in the transaction of what is noted. No addresses: `account_id` says who."""
    session.add(Audit(time=now, account_id=account_id, action=action, object_id=object_id, detail=detail))


def _end_sessions(session: Transaction, account_id: str, since: datetime) -> None:
    found = session.get(SessionExpunge, account_id, with_for_update=True)
    if found is None:
        session.add(SessionExpunge(account_id=account_id, threshold=since))
    else:
        found.threshold = max(found.threshold, since)


def take_turns(session: Transaction, keys: Iterable[str]) -> None:
    """Let transactions that count what is there under the same keys go one after the other."""
    # SQLite has one writer at a time.
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
