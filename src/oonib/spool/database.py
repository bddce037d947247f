"""The SQLite file: its tables, how it is opened, and one connection for each thread that uses it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oonib.spool.errors import translate

BUSY_SECONDS = 20.0

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
    """Gives each thread its own connection, made on first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection. Raises `sqlite3.Error`."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self._path)
            self._local.connection = connection
            with self._lock:
                self._all.append(connection)
        return connection

    def give_up(self) -> None:
        """Close this thread's connection after an I/O error: its page cache may not match the disk."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    @contextmanager
    def write(self, at_commit: Callable[[], None] | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block is left. Raises `SpoolError`."""
        try:
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if at_commit is not None:
                    at_commit()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as exc:
            self.give_up()
            raise translate(exc) from exc

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Reads outside any transaction: each statement sees the latest commit. Raises `SpoolError`."""
        try:
            yield self.connection()
        except sqlite3.Error as exc:
            self.give_up()
            raise translate(exc) from exc

    def close(self) -> None:
        """Close every connection. No thread may use the database any more."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()
