"""The table of verdicts: one row for a measurement and an account."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from oonib.records import Records
from oonib.records.tables import ALL

_TABLE = ALL.tables["msmt_feedback"]
_KEY = ("measurement_uid", "account_id")


class FeedbackStore:
    """Methods raise `RecordsUnavailable`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, measurement_uid: str, account_id: str, status: str, now: datetime) -> None:
        """Set the verdict of an account. The later one of two at once stays."""
        with self._records.write() as session:
            insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
            row = {"measurement_uid": measurement_uid, "account_id": account_id, "comment": ""}
            fresh = {"status": status, "update_time": now}
            added = insert(_TABLE).values(**row, **fresh)
            session.execute(added.on_conflict_do_update(index_elements=_KEY, set_=fresh))

    def summary(self, measurement_uid: str, account_id: str | None) -> tuple[dict[str, int], str | None]:
        """How often each status was given, and the one of this account."""
        of_this = _TABLE.c.measurement_uid == measurement_uid
        counts = select(_TABLE.c.status, func.count()).where(of_this).group_by(_TABLE.c.status)
        with self._records.read() as session:
            summary = {row[0]: row[1] for row in session.execute(counts.order_by(_TABLE.c.status))}
            if account_id is None:
                return summary, None
            own = select(_TABLE.c.status).where(of_this, _TABLE.c.account_id == account_id)
            return summary, session.scalars(own).first()
