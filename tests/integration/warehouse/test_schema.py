"""Migrations against the real engine, and the behaviour that the schema promises."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import MigrationChangedError, check, migrate
from oonib.warehouse.migrations.files import Migration, load
from oonib.warehouse.tables import CITIZENLAB_COLUMNS, FASTPATH_COLUMNS, JSONL_COLUMNS

NOW = datetime.now(UTC).replace(microsecond=0)
RECENT = NOW - timedelta(minutes=5)
ONE = Migration(
    1, "one", "CREATE TABLE IF NOT EXISTS one (a Int8, b Int8) ENGINE = {{engine:MergeTree}} ORDER BY a;"
)
TWO = Migration(2, "two", "ALTER TABLE one ADD COLUMN IF NOT EXISTS c Int8;")


def measurement(uid: str, **other: object) -> list[object]:
    values: dict[str, object] = dict.fromkeys(FASTPATH_COLUMNS, "")
    values |= {"measurement_uid": uid, "report_id": "r", "input": "http://a.org/", "probe_cc": "IT"}
    values |= {"probe_asn": 30722, "test_name": "web_connectivity", "test_start_time": RECENT}
    values |= {
        "measurement_start_time": RECENT,
        "test_runtime": 1.0,
        "ooni_run_link_id": None,
        "is_verified": "u",
    }
    values |= other
    return [values[name] for name in FASTPATH_COLUMNS]


@pytest.fixture
def ready(warehouse: Warehouse) -> Warehouse:
    migrate(warehouse)
    return warehouse


def list_urls(warehouse: Warehouse, table: str, urls: Sequence[tuple[str, str]]) -> None:
    warehouse.insert(table, CITIZENLAB_COLUMNS, [("a.org", url, cc, "NEWS") for url, cc in urls])


def counted(warehouse: Warehouse) -> dict[str, int]:
    rows = warehouse.select("SELECT input, sum(msmt_cnt) AS n FROM counters_asn_test_list GROUP BY input")
    return {row["input"]: row["n"] for row in rows}


def test_a_dry_run_changes_nothing_and_a_second_run_does_nothing(warehouse: Warehouse) -> None:
    planned = migrate(warehouse, dry_run=True)
    assert [one.number for one in planned] == [one.number for one in load()]
    assert warehouse.select("SHOW TABLES") == []
    assert {problem.kind for problem in check(warehouse)} == {"pending"}
    assert migrate(warehouse) == planned
    assert check(warehouse) == []
    assert migrate(warehouse) == []


def test_the_database_is_made(warehouse: Warehouse, database: str) -> None:
    warehouse.command(f"DROP DATABASE {database} SYNC", use_database=False)
    assert check(warehouse)
    migrate(warehouse, migrations=[ONE])
    assert check(warehouse, migrations=[ONE]) == []


def test_a_changed_file_is_an_error(warehouse: Warehouse) -> None:
    migrate(warehouse, migrations=[ONE])
    changed = Migration(1, "one", ONE.source + "-- edited")
    with pytest.raises(MigrationChangedError, match="0001_one"):
        migrate(warehouse, migrations=[changed, TWO])
    assert [problem.kind for problem in check(warehouse, migrations=[changed])] == ["changed"]
    assert check(warehouse, migrations=[]) != []


def test_missing_tables_and_columns_are_found(warehouse: Warehouse) -> None:
    migrate(warehouse, migrations=[ONE, TWO])
    warehouse.command("ALTER TABLE one DROP COLUMN c")
    assert [(one.kind, one.subject) for one in check(warehouse, migrations=[ONE, TWO])] == [
        ("missing_column", "one.c")
    ]
    warehouse.command("DROP TABLE one SYNC")
    assert [one.kind for one in check(warehouse, migrations=[ONE, TWO])] == ["missing_table"]


def test_a_migration_that_fails_is_not_recorded(warehouse: Warehouse) -> None:
    broken = Migration(
        2, "broken", "ALTER TABLE one ADD COLUMN IF NOT EXISTS c Int8; ALTER TABLE nowhere DROP COLUMN x;"
    )
    with pytest.raises(Exception, match="nowhere"):
        migrate(warehouse, migrations=[ONE, broken])
    assert [one.number for one in migrate(warehouse, migrations=[ONE, TWO])] == [2]


def everything(warehouse: Warehouse) -> dict[str, list[dict[str, object]]]:
    """All rows of all tables but older versions of a row, without the time of marks and migrations."""
    found = {}
    tables = warehouse.select(
        "SELECT name, engine FROM system.tables WHERE database = {database:String}"
        " AND engine LIKE '%MergeTree'",
        {"database": warehouse.database},
    )
    for table in tables:
        final = "" if table["engine"] == "MergeTree" else "FINAL"
        rows = warehouse.select(f"SELECT * FROM {table['name']} {final} ORDER BY ALL")
        found[table["name"]] = [
            {name: value for name, value in row.items() if name not in {"at", "applied_at"}} for row in rows
        ]
    return found


@pytest.mark.parametrize("lost", ["number > 0", "number = 6", "number IN (1, 3, 4)", "number = 8"])
def test_what_is_applied_again_without_its_record_changes_nothing(ready: Warehouse, lost: str) -> None:
    list_urls(ready, "citizenlab", [("http://a.org/", "ZZ")])
    for uids in (("u1", "u2"), ("u2", "u3")):
        ready.insert("fastpath", FASTPATH_COLUMNS, [measurement(uid) for uid in uids])
    ready.insert(
        "fastpath",
        FASTPATH_COLUMNS,
        [measurement("u1", anomaly="t")],
        settings={"log_comment": "oonib reprocess"},
    )
    ready.insert("jsonl", JSONL_COLUMNS, [("r", "", "s", n, f"u{n}", RECENT, "p", 0, 9, n) for n in (1, 2)])
    ready.insert("url_priorities", ("sign", "category_code", "priority"), [(1, "NEWS", 100)])
    before = everything(ready)
    assert [len(before[table]) for table in ("fastpath", "fastpath_axes", "fastpath_uids")] == [3, 3, 3]
    assert len(before["arrivals"]) == 4
    assert counted(ready) == {"http://a.org/": 4}
    ready.command(f"DELETE FROM schema_migrations WHERE {lost}")
    assert migrate(ready)
    assert check(ready) == []
    assert everything(ready) == before


def test_a_file_that_does_less_and_leaves_the_same_counts_as_applied(ready: Warehouse) -> None:
    ready.command("DELETE FROM schema_migrations WHERE number = 6")
    earlier = "6b8e9b57aa0073e3efd1d432fe259e0eaf4326a8d46a02e65bb44ed099a64f4e"
    row = (6, "reading", earlier, datetime.now(UTC))
    ready.insert("schema_migrations", ("number", "name", "checksum", "applied_at"), [row])
    assert migrate(ready) == []
    assert check(ready) == []


def test_two_migrators_at_once(warehouse: Warehouse) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            migrate(warehouse)
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert check(warehouse) == []


def test_a_measurement_scored_again_replaces_its_row(ready: Warehouse) -> None:
    ready.insert("fastpath", FASTPATH_COLUMNS, [measurement("u1", scores="old")])
    ready.insert(
        "fastpath", FASTPATH_COLUMNS, [measurement("u1", scores="new"), measurement("u2", scores="other")]
    )
    rows = ready.select("SELECT measurement_uid AS u, scores AS s FROM fastpath FINAL ORDER BY u")
    assert rows == [{"u": "u1", "s": "new"}, {"u": "u2", "s": "other"}]


def test_a_score_may_return_to_what_it_was(ready: Warehouse) -> None:
    for scores in ("a", "b", "a"):
        ready.insert("fastpath", FASTPATH_COLUMNS, [measurement("u1", scores=scores)])
    assert ready.select("SELECT scores FROM fastpath FINAL") == [{"scores": "a"}]


def test_a_repeated_batch_is_stored_and_counted_once(ready: Warehouse) -> None:
    list_urls(ready, "citizenlab", [("http://a.org/", "it")])
    for uid in ("u1", "u2", "u3"):
        ready.insert("fastpath", FASTPATH_COLUMNS, [measurement(uid)], dedup_token="segment-1")
    assert ready.select("SELECT measurement_uid AS u FROM fastpath") == [{"u": "u1"}]
    assert counted(ready) == {"http://a.org/": 1}


def test_counters_count_listed_urls_once_each(ready: Warehouse) -> None:
    list_urls(ready, "citizenlab", [("http://a.org/", "it"), ("http://a.org/", "ZZ")])
    rows = [
        measurement("u1"),
        measurement("u2", input="http://unlisted.org/"),
        measurement("u3", test_name="signal"),
        measurement("u4", measurement_start_time=NOW - timedelta(days=9)),
        measurement("u5", measurement_start_time=NOW + timedelta(days=1)),
    ]
    ready.insert("fastpath", FASTPATH_COLUMNS, rows)
    assert counted(ready) == {"http://a.org/": 1}
    assert ready.select("SELECT probe_cc, input, msmt_cnt FROM counters_test_list") == [
        {"probe_cc": "IT", "input": "http://a.org/", "msmt_cnt": 1}
    ]


def test_what_is_scored_again_is_not_counted_again(ready: Warehouse) -> None:
    list_urls(ready, "citizenlab", [("http://a.org/", "it")])
    ready.insert("fastpath", FASTPATH_COLUMNS, [measurement("u1")])
    again = [measurement("u1", scores="new")]
    ready.insert("fastpath", FASTPATH_COLUMNS, again, settings={"log_comment": "oonib reprocess"})
    assert counted(ready) == {"http://a.org/": 1}
    assert ready.select("SELECT scores FROM fastpath FINAL") == [{"scores": "new"}]


def test_counters_follow_the_exchange_of_the_lists(ready: Warehouse) -> None:
    list_urls(ready, "citizenlab", [("http://old.org/", "it")])
    list_urls(ready, "citizenlab_flip", [("http://new.org/", "it")])
    both = [measurement("u1", input="http://old.org/"), measurement("u2", input="http://new.org/")]
    ready.insert("fastpath", FASTPATH_COLUMNS, both)
    assert counted(ready) == {"http://old.org/": 1}
    ready.command("EXCHANGE TABLES citizenlab_flip AND citizenlab")
    ready.insert("fastpath", FASTPATH_COLUMNS, both)
    assert counted(ready) == {"http://old.org/": 1, "http://new.org/": 1}
    ready.command("EXCHANGE TABLES citizenlab_flip AND citizenlab")
    ready.insert("fastpath", FASTPATH_COLUMNS, both)
    assert counted(ready) == {"http://old.org/": 2, "http://new.org/": 1}


def test_a_merge_keeps_weeks_apart(ready: Warehouse) -> None:
    list_urls(ready, "citizenlab", [("http://a.org/", "it")])
    for number, age in enumerate((0, 7, 0, 7)):
        time = RECENT - timedelta(days=age)
        ready.insert("fastpath", FASTPATH_COLUMNS, [measurement(f"w{number}", measurement_start_time=time)])
    ready.command("OPTIMIZE TABLE counters_asn_test_list FINAL")
    rows = ready.select("SELECT week, msmt_cnt FROM counters_asn_test_list ORDER BY week")
    assert [row["msmt_cnt"] for row in rows] == [2, 2]
    assert (rows[1]["week"] - rows[0]["week"]).days == 7
    assert rows[0]["week"].isoweekday() == 7


def test_archive_rows(ready: Warehouse) -> None:
    row = ["r", "", "raw/x.jsonl.gz", 3, "u1", NOW.date(), "", 5_000_000_000, 1_000_000, 2]
    ready.insert("jsonl", JSONL_COLUMNS, [row], dedup_token="a")
    ready.insert("jsonl", JSONL_COLUMNS, [row], dedup_token="a")
    assert ready.select_rows("SELECT * FROM jsonl").rows == [tuple(row[:7] + row[7:])]


def explain(warehouse: Warehouse, sql: str) -> str:
    return "\n".join(row["explain"] for row in warehouse.select("EXPLAIN indexes = 1 " + sql))


@pytest.mark.parametrize("table", ["fastpath", "jsonl", "obs_openvpn"])
def test_a_uid_is_looked_up_by_its_index(ready: Warehouse, table: str) -> None:
    fill: dict[str, Callable[[], None]] = {
        "fastpath": lambda: ready.insert("fastpath", FASTPATH_COLUMNS, [measurement("u1")]),
        "jsonl": lambda: ready.command("INSERT INTO jsonl (measurement_uid) SELECT 'u1'") and None,
        "obs_openvpn": lambda: (
            ready.command("INSERT INTO obs_openvpn (measurement_uid) SELECT 'u1'") and None
        ),
    }
    fill[table]()
    text = explain(ready, f"SELECT report_id FROM {table} WHERE measurement_uid = 'u1'")
    assert "measurement_uid_idx" in text
