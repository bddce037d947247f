"""Merging months that are over into one part each: reading the latest versions is nearly free then.

ClickHouse merges by itself, but never down to one part. Owns which months are due and how much is done at a
time; when it happens is for the jobs.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oonib.warehouse.client import Warehouse

TABLES = ("fastpath", "fastpath_axes")
_QUIET_HOURS = 3
_MOST_MONTHS = 24
_MOST_SECONDS = 1800.0
_LONGEST_MERGE = 7200.0
# A month is left alone while anything comes in for it. The oldest change first: it was waiting longest.
_DUE = """
SELECT table, partition_id, count() AS parts
FROM system.parts
WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}
GROUP BY table, partition_id
HAVING parts > 1 AND max(modification_time) <= now() - toIntervalHour({hours:UInt32})
ORDER BY max(modification_time), table, partition_id
"""
# Where a month has one part, there is one version of each measurement: its days need no second look.
_MANY_PARTS = """
SELECT DISTINCT toUInt32(partition_id) AS month
FROM {parts}
WHERE active AND database = currentDatabase() AND table = 'fastpath'
GROUP BY {host} partition_id
HAVING count() > 1
"""
_CLEAN = """
INSERT INTO rescored (day, at, clean)
SELECT day, {before:DateTime64(3, 'UTC')}, 1 FROM rescored FINAL
WHERE NOT clean AND at < {before:DateTime64(3, 'UTC')} AND NOT has({months:Array(UInt32)}, toYYYYMM(day))
"""
_UNDER_WAY = timedelta(hours=1)
"""What was marked so long ago has been written by now."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was done: months of tables that have one part now, and those left for the next time."""

    merged: int
    left: int

    def __str__(self) -> str:
        return f"{self.merged} months of tables merged, {self.left} left for the next run"


def tidy(
    warehouse: Warehouse, *, quiet_hours: int = _QUIET_HOURS, most_seconds: float = _MOST_SECONDS
) -> Tidied:
    """Merge what had no change for `quiet_hours`, one month of a table at a time, for `most_seconds` at most.

    A merge under way is not cut short. Raises `WarehouseError` kinds.
    """
    until = time.monotonic() + most_seconds
    started = datetime.now(UTC)
    due = warehouse.select(_DUE, {"tables": list(TABLES), "hours": quiet_hours})
    merged = 0
    for month in due[:_MOST_MONTHS]:
        if time.monotonic() >= until:
            break
        _merge(warehouse, str(month["table"]), str(month["partition_id"]))
        merged += 1
    _note_clean(warehouse, started - _UNDER_WAY)
    return Tidied(merged, len(due) - merged)


def _note_clean(warehouse: Warehouse, before: datetime) -> None:
    """Days that were scored again before `before`, of months that have no older versions any more."""
    cluster = warehouse.cluster
    parts = f"clusterAllReplicas('{cluster}', system.parts)" if cluster else "system.parts"
    asked = _MANY_PARTS.format(parts=parts, host="hostName()," if cluster else "")
    months = [row["month"] for row in warehouse.select(asked)]
    warehouse.command(_CLEAN, {"before": before, "months": months})


def _merge(warehouse: Warehouse, table: str, partition: str) -> None:
    # Neither can be a bound value here; both come from the server and are of a closed form.
    assert table in TABLES
    assert partition.isascii()
    assert partition.isdigit()
    warehouse.command(
        f"OPTIMIZE TABLE {table} PARTITION ID '{partition}' FINAL",
        settings={"optimize_skip_merged_partitions": 1},
        timeout=_LONGEST_MERGE,
    )
