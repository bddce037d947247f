"""Opening the spool file: who may, whether it is sound, and what happens when it is not.

The first process to open the file has it alone for a moment and checks it. What can be read of a file that
is no sound database is copied into a new one, which takes its place when it is complete; the old one stays
beside it under another name. A damaged file never keeps oonib from starting; a disk that is full or cannot
be written is no damage, and nothing is moved for it.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from oonib.model.uid import BadUid, parse_uid
from oonib.spool.database import SCHEMA, connect
from oonib.spool.errors import SpoolCorrupt, SpoolFailed, translate
from oonib.spool.mending import doubt, line_of, log_of, rewrite

_TABLES = ("entry", "body", "digest", "watermark", "dead_letter", "ledger", "can", "meta")
_ROWS_AT_ONCE = 200
_JOURNALS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Opening:
    """The lock that a process holds while it uses the spool, and what the check found."""

    lock: int
    quarantined: Path | None
    salvaged: int


def open_file(path: Path) -> Opening:
    """Create, check or repair the file at `path` and share it with other processes. Raises `SpoolError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    quarantined, salvaged = None, 0
    try:
        if _alone(lock):
            _finish_replacing(path)
            _keep_log(path)
            if path.exists() and not is_sound(path):
                salvaged = _salvage(path, _rebuilt(path))
                quarantined = _replace(path)
        fcntl.flock(lock, fcntl.LOCK_SH)
        _create(path)
    except BaseException as exc:
        # Whatever it was: an open file would hold the lock for as long as this process lives.
        os.close(lock)
        if isinstance(exc, sqlite3.Error):
            failure = translate(exc)
            if isinstance(failure, SpoolFailed):
                doubt(path)
            raise type(failure)(f"{path}: {failure}") from exc
        raise
    return Opening(lock, quarantined, salvaged)


def _keep_log(path: Path) -> None:
    """What a process before this one could not bring to the disk. Raises `SpoolFailed`."""
    line = line_of(path)
    try:
        if line.exists() and line.stat().st_size:
            rewrite(log_of(path))
            os.truncate(line, 0)
    except OSError as exc:
        raise SpoolFailed(f"the log cannot be brought to the disk: {exc.strerror}") from exc


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


def is_sound(path: Path) -> bool:
    """Whether SQLite finds no damage, in the structure or between tables and their indexes.

    Raises `sqlite3.Error` if it cannot look.
    """
    try:
        with closing(connect(path)) as connection:
            # The quick check passes over a uid or an hour that a flipped bit has changed in one of the two.
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as exc:
        if isinstance(translate(exc), SpoolCorrupt):
            return False
        raise


def _rebuilt(path: Path) -> Path:
    return path.with_name(f"{path.stem}.rebuilt{path.suffix}")


def _replace(path: Path) -> Path:
    # The damaged file goes first: while it is in place its copy may be incomplete, afterwards never.
    aside = path.with_name(f"{path.stem}.damaged-{time.time_ns()}{path.suffix}")
    path.rename(aside)
    for ending in _JOURNALS:
        journal = path.with_name(path.name + ending)
        if journal.exists():
            journal.rename(aside.with_name(aside.name + ending))
    _rebuilt(path).rename(path)
    _sync_folder(path.parent)
    return aside


def _finish_replacing(path: Path) -> None:
    """Do what a crash left undone: take the complete copy, or drop the half of one."""
    rebuilt = _rebuilt(path)
    if not rebuilt.exists():
        return
    if path.exists():
        for ending in ("", *_JOURNALS):
            rebuilt.with_name(rebuilt.name + ending).unlink(missing_ok=True)
        return
    for ending in _JOURNALS:
        journal = path.with_name(path.name + ending)
        if journal.exists():
            journal.rename(path.with_name(f"{path.stem}.damaged-{time.time_ns()}{path.suffix}{ending}"))
    rebuilt.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _salvage(damaged: Path, rebuilt: Path) -> int:
    """Copy every row that can still be read; returns how many entries came through whole."""
    _create(rebuilt)
    with closing(connect(rebuilt)) as target:
        for table in _TABLES:
            _copy_table(damaged, target, table)
        _mend(target)
        count: int = target.execute("SELECT count(*) FROM entry").fetchone()[0]
    return count


def _mend(target: sqlite3.Connection) -> None:
    target.create_function("whole", 4, _is_whole, deterministic=True)
    target.execute("BEGIN")
    # Numbers are never given twice: a new entry below the mark would count as scored.
    target.execute(
        "INSERT INTO sqlite_sequence SELECT 'entry', top FROM (SELECT max(seq) AS top FROM"
        " (SELECT seq FROM entry UNION ALL SELECT seq FROM body"
        " UNION ALL SELECT seq FROM watermark UNION ALL SELECT seq FROM dead_letter)) WHERE top IS NOT NULL"
    )
    target.execute(
        "DELETE FROM sqlite_sequence"
        " WHERE rowid NOT IN (SELECT max(rowid) FROM sqlite_sequence GROUP BY name)"
    )
    # A name that is none would stop whoever goes by it; what it stood for is in the damaged file.
    target.execute("DELETE FROM entry WHERE NOT whole(uid, hour, cc, test)")
    # An entry without its body, or a body without its entry, is lost: neither may stay behind.
    target.execute("DELETE FROM body WHERE seq NOT IN (SELECT seq FROM entry)")
    target.execute("DELETE FROM entry WHERE seq NOT IN (SELECT seq FROM body)")
    # What was lost before it got into a can may be taken in again: nothing shall say that it is known.
    target.execute(
        "DELETE FROM digest WHERE uid NOT IN (SELECT uid FROM entry) AND NOT EXISTS"
        " (SELECT 1 FROM can WHERE hour = substr(digest.uid, 1, 10) AND cc = substr(digest.uid, 23, 2)"
        " AND test || '_' = substr(digest.uid, 26, length(test) + 1) AND state != 'planned')"
    )
    # Members of a can whose plan is lost wait for another one.
    target.execute("UPDATE entry SET can = NULL WHERE can NOT IN (SELECT id FROM can)")
    target.execute("COMMIT")


def _is_whole(uid: object, hour: object, cc: object, test: object) -> bool:
    """Whether a uid is one, and the columns that were read off it agree with it."""
    try:
        parsed = parse_uid(str(uid))
    except BadUid:
        return False
    return (parsed.hour, parsed.cc, parsed.test) == (hour, cc, test)


def _copy_table(damaged: Path, target: sqlite3.Connection, table: str) -> None:
    for direction in ("ASC", "DESC"):
        # Read from both ends towards the damage; rows read twice are ignored the second time.
        complete = True
        for rows in _readable(damaged, table, direction):
            if rows is None:
                complete = False
                break
            marks = ",".join("?" * len(rows[0]))
            target.execute("BEGIN")
            target.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - ours
            target.execute("COMMIT")
        if complete:
            return


def _readable(damaged: Path, table: str, direction: str) -> Iterator[list[tuple[object, ...]] | None]:
    """Rows by primary key, some at a time; None where the damage begins."""
    rows: list[tuple[object, ...]] = []
    try:
        with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
            cursor = source.execute(f"SELECT * FROM {table} ORDER BY 1 {direction}")  # noqa: S608 - ours
            while True:
                # One by one: what was read before an error counts.
                rows = []
                for row in islice(cursor, _ROWS_AT_ONCE):
                    rows.append(row)
                if not rows:
                    return
                yield rows
    except sqlite3.DatabaseError:
        if rows:
            yield rows
        yield None
