"""The SQLite file: its tables, how it is opened, and the connections that threads use in turn."""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from oonib.spool.errors import SpoolCorrupt, SpoolError, SpoolFailed, damaged, translate
from oonib.spool.mending import doubt, line_of, log_of, rewrite

BUSY_SECONDS = 20.0
_MOST_IDLE = 8
_LARGEST_JOURNAL = 64 * 1024 * 1024
_SHORT_WAIT_MS = 100
_SHRINK_EVERY = 1.0

# Bodies have a table of their own: marking or listing entries never moves a body.
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    hour TEXT NOT NULL,
    cc TEXT NOT NULL,
    test TEXT NOT NULL,
    received REAL NOT NULL,
    size INTEGER NOT NULL,
    can INTEGER
);
CREATE INDEX IF NOT EXISTS entry_uncanned ON entry (hour, cc, test, uid) WHERE can IS NULL;
CREATE INDEX IF NOT EXISTS entry_canned ON entry (can, uid) WHERE can IS NOT NULL;
CREATE TABLE IF NOT EXISTS body (seq INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS digest (
    digest BLOB PRIMARY KEY, uid TEXT NOT NULL, report_id TEXT NOT NULL, day INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS digest_day ON digest (day);
CREATE TABLE IF NOT EXISTS watermark (consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letter (
    seq INTEGER PRIMARY KEY, uid TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS ledger (
    hour TEXT, outcome TEXT, reason TEXT, n INTEGER NOT NULL, PRIMARY KEY (hour, outcome, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS can (
    id INTEGER PRIMARY KEY,
    hour TEXT NOT NULL, cc TEXT NOT NULL, test TEXT NOT NULL,
    collector TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, members INTEGER NOT NULL,
    UNIQUE (hour, cc, test, collector, number)
);
CREATE INDEX IF NOT EXISTS can_state ON can (state);
INSERT OR IGNORE INTO meta VALUES ('spool_id', lower(hex(randomblob(8))));
"""


def create(path: Path) -> None:
    """The tables that are missing, in a file for nobody else's eyes."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(connect(path)) as connection:
        connection.executescript(SCHEMA)


def aside(path: Path) -> Path:
    """A name for what is put aside of the file at `path`."""
    return path.with_name(f"{path.stem}.damaged-{time.time_ns()}{path.suffix}")


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits durably: WAL with an fsync for each commit."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA cache_size = -2000")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


class Database:
    """Lends connections: one thread uses one at a time, and it is kept for the next.

    None belongs to a thread, because threads of a web server come and go and would each leave one behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._lock = threading.Lock()
        self._shrunk = 0.0
        self._writing = threading.Lock()
        self._line = line_of(path).open("ab", buffering=0)
        self._in_doubt = False
        # SQLite copies the log into the database when the last connection closes: never one after an error.
        self._last = connect(path)

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = connect(self._path)
        try:
            yield connection
        except sqlite3.Error as exc:
            if isinstance(translate(exc), SpoolFailed):
                self._doubt()
            # After an I/O error the connection's page cache may not match the disk.
            connection.close()
            raise
        except BaseException:
            # What the caller raised says nothing against the connection.
            self._take_back(connection)
            raise
        self._take_back(connection)

    def _take_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait in line with the writers of all processes: SQLite by itself would sleep and look again."""
        with self._writing:
            fcntl.flock(self._line, fcntl.LOCK_EX)
            try:
                self._mend()
                yield
            finally:
                fcntl.flock(self._line, fcntl.LOCK_UN)

    def _doubt(self) -> None:
        self._in_doubt = True
        doubt(self._path)

    def _mend(self) -> None:
        """Before anything else is written after an I/O error of any process. Raises `SpoolFailed`."""
        if not self._in_doubt and os.fstat(self._line.fileno()).st_size == 0:
            return
        try:
            rewrite(log_of(self._path))
            self._line.truncate(0)
        except OSError as exc:
            raise SpoolFailed(f"the log cannot be brought to the disk: {exc.strerror}") from exc
        self._in_doubt = False

    @contextmanager
    def write(self, at_commit: Callable[[], None] | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block is left. Raises `SpoolError`."""
        try:
            with self._turn(), self._lent() as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    if at_commit is not None:
                        at_commit()
                    connection.execute("COMMIT")
                except BaseException:
                    # Also when the process is told to end: a transaction is whole or not there.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        except sqlite3.Error as exc:
            raise self._named(exc) from exc

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Reads outside any transaction: each statement sees the latest commit. Raises `SpoolError`."""
        try:
            with self._lent() as connection:
                yield connection
        except sqlite3.Error as exc:
            raise self._named(exc) from exc

    def _named(self, exc: sqlite3.Error) -> SpoolError:
        failure = translate(exc)
        return damaged(self._path, exc) if isinstance(failure, SpoolCorrupt) else failure

    def shrink_journal(self) -> None:
        """Begin the write-ahead log anew when readers that overlap without end have let it grow.

        SQLite does so by itself in the first pause of the readers; where there is none, they are kept
        waiting for a moment. Without success it is tried again later. Raises `SpoolError`.
        """
        now = time.monotonic()
        journal = log_of(self._path)
        if now - self._shrunk < _SHRINK_EVERY or not journal.exists():
            return
        self._shrunk = now
        if journal.stat().st_size <= _LARGEST_JOURNAL:
            return
        with self._turn(), self.read() as connection:
            connection.execute(f"PRAGMA busy_timeout = {_SHORT_WAIT_MS}")
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def close(self) -> None:
        """Close the connections; one that is still in use is closed when it comes back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        with suppress(SpoolFailed), self._turn():
            for connection in (*idle, self._last):
                connection.close()
        self._line.close()
