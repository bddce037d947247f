"""Months that are over are merged into one part (operations: the job `tidy`)."""

from datetime import UTC, datetime

from oonib.measurements.listing import look
from oonib.measurements.query import Where
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.warehouse.tidying import Tidied, tidy

COLUMNS = [
    "measurement_uid",
    "report_id",
    "input",
    "probe_cc",
    "test_name",
    "measurement_start_time",
    "anomaly",
]


def parts(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    found = warehouse.select(
        "SELECT table, partition_id, count() AS n FROM system.parts"
        " WHERE active AND database = currentDatabase() AND table LIKE 'fastpath%'"
        " GROUP BY table, partition_id"
    )
    return {(row["table"], row["partition_id"]): row["n"] for row in found}


def fill(warehouse: Warehouse, months: list[int]) -> None:
    migrate(warehouse)
    for table in ("fastpath", "fastpath_axes"):
        warehouse.command(f"SYSTEM STOP MERGES {warehouse.database}.{table}")
    for flag in "tf":
        for month in months:
            at = datetime(2025, month, 5, tzinfo=UTC)
            warehouse.insert("fastpath", COLUMNS, [["u", "r", "", "IT", "tor", at, flag]])
    for table in ("fastpath", "fastpath_axes"):
        warehouse.command(f"SYSTEM START MERGES {warehouse.database}.{table}")


def test_only_months_without_news_are_merged(warehouse: Warehouse) -> None:
    fill(warehouse, [1, 2])
    before = parts(warehouse)
    assert {before[table, "202501"] for table in ("fastpath", "fastpath_axes")} <= {1, 2}
    assert tidy(warehouse, quiet_hours=1) == Tidied(0, 0)
    assert tidy(warehouse, quiet_hours=0, most_seconds=0.0).merged == 0
    done = tidy(warehouse, quiet_hours=0)
    assert done.left == 0
    after = parts(warehouse)
    for table in ("fastpath", "fastpath_axes"):
        assert [after[table, month] for month in ("202501", "202502")] == [1, 1]
    assert tidy(warehouse, quiet_hours=0) == Tidied(0, 0)
    for table in ("fastpath", "fastpath_axes"):
        rows = warehouse.select(f"SELECT anomaly FROM {table} ORDER BY measurement_start_time")
        assert [row["anomaly"] for row in rows] == ["f", "f"]


def marked(warehouse: Warehouse) -> list[str]:
    sql = look(Where(), ["measurement_start_time"], table="fastpath", descending=False, bounded=False)
    rows = warehouse.select(sql, {"candidates": 100})
    return [f"{row['measurement_start_time']:%Y-%m-%d}" for row in rows if row["scored_again"]]


def test_days_that_were_scored_again_need_no_second_look_once_merged(warehouse: Warehouse) -> None:
    fill(warehouse, [3, 4])
    warehouse.command("INSERT INTO rescored (day, at) VALUES ('2025-03-05', now64(3) - 7200)")
    warehouse.command("INSERT INTO rescored (day, at) VALUES ('2025-04-05', now64(3) - 7200)")
    warehouse.command(f"SYSTEM STOP MERGES {warehouse.database}.fastpath")
    assert set(marked(warehouse)) == {"2025-03-05", "2025-04-05"}
    at = datetime(2025, 4, 5, tzinfo=UTC)
    values = [["u", "r", "", "IT", "tor", at, "t"]]
    warehouse.insert("fastpath", COLUMNS, values, settings={"log_comment": "oonib reprocess"})
    warehouse.command(f"SYSTEM START MERGES {warehouse.database}.fastpath")
    tidy(warehouse, quiet_hours=0)
    # April was scored again just now: something may still be on its way.
    assert marked(warehouse) == ["2025-04-05"]
