"""Opening the spool file: who may, whether it is sound, and what happens when it is not.

The first process to open the file has it alone for a moment and checks it. A file that is no sound database
is moved aside with its journal, what can be read of it is carried over, and the count of both goes into the
result. A damaged file never keeps oonib from starting.
"""

import fcntl
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from oonib.spool.database import SCHEMA, connect

_TABLES = ("entry", "body", "digest", "watermark", "dead_letter", "ledger", "can", "meta")


@dataclass(frozen=True, slots=True)
class Opening:
    """The lock that a process holds while it uses the spool, and what the check found."""

    lock: int
    quarantined: Path | None
    salvaged: int


def open_file(path: Path) -> Opening:
    """Create, check or repair the file at `path` and share it with other processes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    quarantined, salvaged = None, 0
    if _alone(lock):
        quarantined = _quarantine_if_damaged(path)
        _create(path)
        if quarantined is not None:
            salvaged = _salvage(quarantined, path)
    fcntl.flock(lock, fcntl.LOCK_SH)
    _create(path)
    return Opening(lock, quarantined, salvaged)


def _alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(connect(path)) as connection:
        connection.executescript(SCHEMA)


def _quarantine_if_damaged(path: Path) -> Path | None:
    if not path.exists() or is_sound(path):
        return None
    aside = path.with_name(f"{path.stem}.damaged-{time.time_ns()}{path.suffix}")
    for ending in ("", "-wal", "-shm"):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(aside.with_name(aside.name + ending))
    return aside


def is_sound(path: Path) -> bool:
    """Whether SQLite finds no damage in the structure of the file."""
    try:
        with closing(connect(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _salvage(damaged: Path, path: Path) -> int:
    """Carry over every row that can still be read; returns how many entries came through whole."""
    with closing(connect(path)) as target:
        for table in _TABLES:
            _copy_rows(damaged, target, table)
        # An entry without its body, or a body without its entry, is lost: neither may stay behind.
        target.execute("DELETE FROM body WHERE seq NOT IN (SELECT seq FROM entry)")
        target.execute("DELETE FROM entry WHERE seq NOT IN (SELECT seq FROM body)")
        count: int = target.execute("SELECT count(*) FROM entry").fetchone()[0]
    return count


def _copy_rows(damaged: Path, target: sqlite3.Connection, table: str) -> None:
    for direction in ("ASC", "DESC"):
        # Read from both ends towards the damage; rows read twice are ignored the second time.
        try:
            with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
                keyed = table in ("entry", "body", "dead_letter")
                order = f"ORDER BY seq {direction}" if keyed else ""
                rows = source.execute(f"SELECT * FROM {table} {order}")  # noqa: S608 - names of this module
                for row in rows:
                    marks = ",".join("?" * len(row))
                    target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608
        except sqlite3.DatabaseError:
            continue
