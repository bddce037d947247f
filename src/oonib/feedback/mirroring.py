"""A copy of all verdicts in ClickHouse, to be joined with measurements in analyses (management contract 7).

Only ever added to: the last copy of a verdict counts. Nothing here reads it.
"""

from datetime import UTC, datetime, timedelta

from oonib.feedback.store import FeedbackStore
from oonib.warehouse.client import Warehouse

_NEWEST = "SELECT max(update_time) FROM msmt_feedback"
_COUNT = "SELECT count() FROM msmt_feedback FINAL"
_COLUMNS = ("measurement_uid", "account_id", "status", "comment")
_OVERLAP = timedelta(minutes=15)
"""How far the clocks of the hosts may be apart."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 1_000


def mirror(store: FeedbackStore, warehouse: Warehouse, *, at_once: int = _AT_ONCE) -> int:
    """Copy what was said since the last time, `at_once` verdicts in an insert; how many that were.

    Raises `RecordsUnavailable` and `WarehouseError` kinds; it can then be repeated.
    """
    newest: datetime = warehouse.select_rows(_NEWEST).rows[0][0]
    copied = _copy(store, warehouse, max(newest - _OVERLAP, _EVER), at_once)
    if warehouse.select_rows(_COUNT).rows[0][0] < store.count():
        # Old ones that were imported meanwhile, or what a run that broke off left out.
        copied += _copy(store, warehouse, _EVER, at_once)
    return copied


def _copy(store: FeedbackStore, warehouse: Warehouse, since: datetime, at_once: int) -> int:
    copied, after = 0, ("", "")
    while rows := store.given_since(since, after, at_once):
        warehouse.insert("msmt_feedback", _COLUMNS, rows)
        copied += len(rows)
        after = rows[-1][0], rows[-1][1]
    return copied
