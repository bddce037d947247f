"""The table of verdicts: one row for a measurement and an account."""

from datetime import datetime

from sqlalchemy import func, select, tuple_
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
        with self._records.rows() as connection:
            summary = {row[0]: row[1] for row in connection.execute(counts.order_by(_TABLE.c.status))}
            if account_id is None:
                return summary, None
            own = select(_TABLE.c.status).where(of_this, _TABLE.c.account_id == account_id)
            return summary, connection.scalars(own).first()

    def given_since(
        self, since: datetime, after: tuple[str, str], most: int
    ) -> list[tuple[str, str, str, str]]:
        """Measurement, account, status and comment of what was said since then, by the first two in order.

        `after`: those of the row that the list begins after; a pair of empty texts for the first.
        """
        key = tuple_(_TABLE.c.measurement_uid, _TABLE.c.account_id)
        said = select(_TABLE.c.measurement_uid, _TABLE.c.account_id, _TABLE.c.status, _TABLE.c.comment)
        wanted = said.where(_TABLE.c.update_time >= since, key > after)
        with self._records.rows() as connection:
            rows = connection.execute(wanted.order_by(*key).limit(most))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def count(self) -> int:
        """How many verdicts there are."""
        with self._records.rows() as connection:
            return connection.scalar(select(func.count()).select_from(_TABLE)) or 0
