"""The drill: ClickHouse lost altogether, the records put back from a copy (reliability D17).

Archive, spool and the copy of the records are all that is left; afterwards rows, counts and bodies are those
of before.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.journal import Journal, settle, warehouse_of
from support.processes import Oonib, run_oonib, wait_until
from support.reprocessing import Live, live

pytestmark = [pytest.mark.slow, pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(400)]

ROWS = ("fastpath", "obs_openvpn", "jsonl")
LEFT_OUT = {"arrivals": 0, "rescored": 0}
"""The live feed of the last two days, and what search notes of reprocessing: neither is a measurement's."""

QUESTIONS = (
    "/api/v1/aggregation?axis_x=probe_cc&axis_y=test_name",
    "/api/v1/aggregation?axis_x=measurement_start_day&test_name=web_connectivity&axis_y=domain",
    "/api/v1/measurements?limit=1000",
)


def rows_of(backend: Oonib) -> dict[str, list[dict[str, Any]]]:
    """The newest version of every row; the times of writing are no columns of `SELECT *`."""
    warehouse = warehouse_of(backend)
    found = {
        table: warehouse.select(f"SELECT * FROM {table} FINAL ORDER BY measurement_uid") for table in ROWS
    }
    warehouse.close()
    return found


def counts_of(backend: Oonib) -> dict[str, int]:
    """How many rows every table has that has any."""
    warehouse = warehouse_of(backend)
    tables = warehouse.select("SELECT name, engine FROM system.tables WHERE database = currentDatabase()")
    found = {}
    for table in tables:
        if "MergeTree" in table["engine"]:
            final = "FINAL" if "Replacing" in table["engine"] else ""
            found[table["name"]] = int(
                warehouse.select(f"SELECT count() AS n FROM {table['name']} {final}")[0]["n"]
            )
    warehouse.close()
    return found


def answers_of(backend: Oonib) -> list[Any]:
    """What the API answers, without how long it took."""
    found = []
    for question in QUESTIONS:
        status, answer = backend.get(question)
        assert status == 200, answer
        rows = answer.get("result") or answer["results"]
        found.append(sorted(rows, key=repr))
        assert rows
    return found


def bodies_of(backend: Oonib, uids: list[str]) -> dict[str, bytes]:
    with httpx.Client(base_url=backend.url, timeout=30) as client:
        found = {}
        for uid in uids:
            answer = client.get("/api/v1/raw_measurement", params={"measurement_uid": uid})
            assert answer.status_code == 200, (uid, answer.text)
            found[uid] = answer.content
    return found


def rebuild(archived: Live) -> None:
    """What `docs/operations.md` says."""
    environment = archived.backend.environment
    for words in (
        ("archive", "pack", "--now"),
        ("archive", "reindex", *archived.period),
        ("reprocess", *archived.period, "--restart"),
    ):
        done = run_oonib(*words, env=environment, timeout=90)
        assert done.returncode == 0, (words, done.stderr)


def test_from_the_archive_alone(backend: Oonib, tmp_path: Path) -> None:
    backend.start()
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    archived = live(backend, tmp_path, count=80)
    # Scored, and still in the spool alone when ClickHouse is lost.
    journal = Journal(backend, seed=7)
    journal.send(10)
    settle(backend)
    made = run_oonib("account", "role", "someone@example.org", "admin", env=backend.environment)
    assert made.returncode == 0, made.stderr
    packed = rows_of(backend)
    uids = [row["measurement_uid"] for row in packed["fastpath"]]
    assert len(uids) > 90
    answers, bodies, counts = answers_of(backend), bodies_of(backend, uids), counts_of(backend)
    copy, people = tmp_path / "records.copy", records_of(backend.data_dir / "records.db")
    with (
        closing(sqlite3.connect(backend.data_dir / "records.db")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)

    assert backend.stop() == 0
    shutil.rmtree(backend.data_dir / "clickhouse")
    for path in backend.data_dir.glob("records.db*"):
        path.unlink()
    shutil.copyfile(copy, backend.data_dir / "records.db")

    backend.start()
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    assert rows_of(backend)["fastpath"] == []
    rebuild(archived)
    now = rows_of(backend)
    assert now["fastpath"] == packed["fastpath"]
    assert now["obs_openvpn"] == packed["obs_openvpn"]
    # Those of the posts that were in the spool alone have come since.
    since = {row["measurement_uid"] for row in now["jsonl"]}
    assert since == set(uids)
    assert [row for row in now["jsonl"] if row in packed["jsonl"]] == packed["jsonl"]
    assert bodies_of(backend, uids) == bodies
    assert answers_of(backend) == answers
    assert counts_of(backend) | LEFT_OUT == counts | LEFT_OUT | {"jsonl": len(uids)}
    assert records_of(backend.data_dir / "records.db") == people
    assert people["account"]
    rebuild(archived)
    assert rows_of(backend) == now


def records_of(path: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in tables
        }
