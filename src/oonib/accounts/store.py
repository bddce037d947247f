"""What is kept of accounts: roles other than `user`, and since when sessions hold."""

from datetime import datetime

from sqlalchemy.orm import Session as Transaction

from oonib.records import Records
from oonib.records.tables import Account, Audit, SessionExpunge


class AccountStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def role(self, account_id: str) -> str | None:
        """The role that was given to an account, or None."""
        with self.records.read() as session:
            found = session.get(Account, account_id)
        return None if found is None else found.role

    def valid_since(self, account_id: str) -> datetime | None:
        """What an account's tokens must not be older than, or None."""
        with self.records.read() as session:
            found = session.get(SessionExpunge, account_id)
        return None if found is None else found.threshold


def note(
    session: Transaction, now: datetime, account_id: str, action: str, object_id: str, **detail: object
) -> None:
    """Add to the audit log, in the transaction of what is noted. No addresses: `account_id` says who."""
    session.add(Audit(time=now, account_id=account_id, action=action, object_id=object_id, detail=detail))
