"""The records put back from a copy that was made while others wrote (reliability D17)."""

import sqlite3
import subprocess
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer, Table

from oonib.records import Records
from oonib.records.base import UtcTime
from oonib.records.migrating import check, migrate
from oonib.records.tables import ALL

from support.postgres import PostgresServer, programs

NOW = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
Contents = dict[str, list[tuple[Any, ...]]]


def value_for(column: Column[Any]) -> object:
    """Something for a column; the same for keys and what refers to them."""
    if isinstance(column.type, UtcTime):
        return NOW
    if isinstance(column.type, JSON):
        return ["é", {"a": [1, None, "\u2028"]}]
    if isinstance(column.type, Boolean):
        return True
    return 1 if isinstance(column.type, Integer | Float) else "1"


def row_for(table: Table) -> dict[str, object]:
    """A row; numbers that the database gives out are left to it."""
    return {
        column.name: value_for(column)
        for column in table.columns
        if column is not table.autoincrement_column or column.foreign_keys
    }


def add_to_all(records: Records) -> None:
    """A row into every table."""
    with records.write() as session:
        for table in ALL.sorted_tables:
            session.execute(table.insert().values(row_for(table)))


def note(records: Records) -> None:
    """One more entry of the log."""
    with records.write() as session:
        session.execute(ALL.tables["audit_log"].insert().values(row_for(ALL.tables["audit_log"])))


def contents(records: Records) -> Contents:
    """Every row of every table."""
    with records.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
            for table in ALL.sorted_tables
        }


def dump(records: Records, copy: Path) -> None:
    """A copy of the database while it is in use."""
    url = records.engine.url
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        with closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return
    run("pg_dump", "--format=custom", f"--file={copy}", f"--dbname={plain(url.render_as_string(False))}")


def restored(copy: Path, like: Records, folder: Path, request: pytest.FixtureRequest) -> Records:
    """A database of its own, made from the copy alone."""
    if like.engine.url.get_backend_name() == "sqlite":
        return Records.open(f"sqlite:///{copy.rename(folder / 'restored.db')}")
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create(f"restored{id(like)}")
    run("pg_restore", "--exit-on-error", f"--dbname={plain(url)}", str(copy))
    return Records.open(url)


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def run(program: str, *words: str) -> None:
    folder = programs()
    assert folder is not None
    done = subprocess.run([folder / program, *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_put_back_from_a_copy(records: Records, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    add_to_all(records)
    before = contents(records)
    assert all(before.values())
    stop, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not stop.is_set():
            note(records)
            written.release()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.acquire(timeout=30)
        dump(records, tmp_path / "copy")
        while written.acquire(blocking=False):
            pass
        assert written.acquire(timeout=30)
    finally:
        stop.set()
        writer.join(30)
    assert not writer.is_alive()
    again = restored(tmp_path / "copy", records, tmp_path, request)
    try:
        assert check(again) == []
        assert migrate(again) == []
        found, later = contents(again), contents(records)["audit_log"]
        # The copy is one moment: the log up to some entry, and nothing of a later one.
        numbers = [row[0] for row in found["audit_log"]]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert 1 < len(numbers) < len(later)
        assert {**found, "audit_log": []} == {**before, "audit_log": []}
        # And it goes on with numbers that nobody has.
        note(again)
        assert len(contents(again)["audit_log"]) == len(numbers) + 1
    finally:
        again.close()
