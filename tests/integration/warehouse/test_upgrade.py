"""A database of an earlier version opened by this one (reliability D10)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import check, migrate
from oonib.warehouse.migrations.files import load
from oonib.warehouse.tables import FASTPATH_COLUMNS, JSONL_COLUMNS

from support.clickhouse import EmbeddedServer
from support.processes import clean_environment, run_oonib

MIGRATIONS = load()
STARTED = datetime(2026, 3, 2, 9, 59, 30, tzinfo=UTC)
UIDS = [f"2026030210{n:02}00.000000_BR_webconnectivity_{n:016x}" for n in range(20)]
STOPPED = [
    (number, statements)
    for number in range(1, len(MIGRATIONS))
    for statements in range(len(MIGRATIONS[number].statements(None)) + 1)
]
"""After so many migrations, and so many statements of the one after."""


def insert(warehouse: Warehouse, uids: list[str]) -> None:
    """Rows as every version has written them."""
    rows = []
    for uid in uids:
        values: dict[str, object] = dict.fromkeys(FASTPATH_COLUMNS, "")
        values |= {"measurement_uid": uid, "report_id": "r", "input": "http://a.org/", "probe_cc": "BR"}
        values |= {"probe_asn": 28573, "test_name": "web_connectivity", "test_start_time": STARTED}
        values |= {"measurement_start_time": STARTED, "test_runtime": 1.0, "ooni_run_link_id": None}
        values |= {"scores": '{"analysis":{"blocking_type":"dns"}}', "anomaly": "t", "is_verified": "u"}
        rows.append([values[name] for name in FASTPATH_COLUMNS])
    warehouse.insert("fastpath", FASTPATH_COLUMNS, rows)
    lines = [
        ("r", "http://a.org/", "raw/x", n, uid, STARTED.date(), "raw/y", 0, 9, n)
        for n, uid in enumerate(uids)
    ]
    assert len(JSONL_COLUMNS) == len(lines[0])
    warehouse.insert("jsonl", JSONL_COLUMNS, lines)


def contents(warehouse: Warehouse) -> dict[str, list[dict[str, object]]]:
    return {
        table: warehouse.select(f"SELECT * FROM {table} FINAL ORDER BY measurement_uid")
        for table in ("fastpath", "jsonl")
    }


def old(warehouse: Warehouse, number: int, statements: int) -> None:
    """A database of an earlier version with data in it, whose next migration was cut off."""
    migrate(warehouse, migrations=MIGRATIONS[:number])
    insert(warehouse, UIDS[:15])
    for statement in MIGRATIONS[number].statements(None)[:statements]:
        warehouse.command(statement)


def check_whole(warehouse: Warehouse) -> None:
    """The schema is this version's, and what is kept beside the rows has them all, of before and after."""
    assert check(warehouse) == []
    assert migrate(warehouse) == []
    insert(warehouse, UIDS[15:])
    found = warehouse.select(
        "SELECT measurement_uid AS uid, blocking_type AS kind FROM fastpath_axes FINAL ORDER BY uid"
    )
    assert found == [{"uid": uid, "kind": "dns"} for uid in UIDS]
    (counted,) = warehouse.select(
        "SELECT count() AS n FROM fastpath_uids FINAL"
        " WHERE uid_hash IN (SELECT sipHash64(measurement_uid) FROM fastpath)"
    )
    assert counted["n"] == len(UIDS)
    arrived = {row["measurement_uid"] for row in warehouse.select("SELECT measurement_uid FROM arrivals")}
    assert set(UIDS[15:]) <= arrived


def upgrade(warehouse: Warehouse, number: int, statements: int) -> None:
    old(warehouse, number, statements)
    before = contents(warehouse)
    assert len(before["fastpath"]) == len(before["jsonl"]) == 15
    assert {problem.kind for problem in check(warehouse)} >= {"pending"}
    assert [one.number for one in migrate(warehouse)] == [one.number for one in MIGRATIONS[number:]]
    assert contents(warehouse) == before
    check_whole(warehouse)


@pytest.mark.parametrize(("number", "statements"), [(1, 0), (5, 5), (7, 9)])
def test_an_old_database_is_brought_up(warehouse: Warehouse, number: int, statements: int) -> None:
    upgrade(warehouse, number, statements)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "statements"), STOPPED)
def test_from_every_statement_on(warehouse: Warehouse, number: int, statements: int) -> None:
    upgrade(warehouse, number, statements)


def test_the_command(tmp_path: Path, server: EmbeddedServer, warehouse: Warehouse) -> None:
    old(warehouse, 6, 0)
    before = contents(warehouse)
    url = server.url.replace("/ooni", f"/{warehouse.database}")
    environment = clean_environment(data_dir=tmp_path / "data", clickhouse_url=url, log_level="warning")
    done = run_oonib("db", "migrate", env=environment)
    assert done.returncode == 0, done.stderr
    assert f"{len(MIGRATIONS) - 6} migrations applied" in done.stderr
    assert contents(warehouse) == before
    again = run_oonib("db", "migrate", env=environment)
    assert (again.returncode, again.stdout) == (0, ""), again.stderr
    assert "0 migrations applied" in again.stderr
    check_whole(warehouse)
