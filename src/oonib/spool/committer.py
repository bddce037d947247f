"""Group commit: one thread writes what many requests submit, with one fsync for all that wait.

While a commit is on its way to the disk the next submissions gather, so the group grows with the load and
a single submission never waits for company.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from oonib.model.uid import parse_uid
from oonib.spool.database import Database
from oonib.spool.entries import Receipt, Submission
from oonib.spool.errors import SpoolBusy, SpoolError, SpoolFailed
from oonib.spool.limits import Room

_LARGEST_GROUP = 64
_MAX_WAITING_BYTES = 64 * 1024 * 1024
_SECONDS_A_DAY = 86400

Waiting = tuple[Submission, Future[Receipt]]


class Committer:
    """The writing thread of one process. `reach` marks the named fault points of the crash tests."""

    def __init__(self, database: Database, room: Room, reach: Callable[[str], None]) -> None:
        self._database = database
        self._room = room
        self._reach = reach
        self._wake = threading.Condition()
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="spool-commit", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> Future[Receipt]:
        """Queue a submission; the future holds its receipt once it is durable, or a `SpoolError`."""
        future: Future[Receipt] = Future()
        with self._wake:
            if self._closing:
                raise SpoolFailed("the spool is closed")
            if self._waiting_bytes + len(submission.packed) > _MAX_WAITING_BYTES:
                raise SpoolBusy("too many submissions wait for the disk")
            self._waiting.append((submission, future))
            self._waiting_bytes += len(submission.packed)
            self._wake.notify()
        return future

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            self._settle(group)

    def _next_group(self) -> list[Waiting]:
        with self._wake:
            while not self._waiting and not self._closing:
                self._wake.wait()
            group = self._waiting[:_LARGEST_GROUP]
            del self._waiting[:_LARGEST_GROUP]
            self._waiting_bytes -= sum(len(submission.packed) for submission, _ in group)
        return group

    def _settle(self, group: list[Waiting]) -> None:
        try:
            receipts = self._commit([submission for submission, _ in group])
        except Exception as exc:  # noqa: BLE001 - whatever went wrong, each sender is waiting for an answer
            failure = exc if isinstance(exc, SpoolError) else SpoolFailed(f"{type(exc).__name__}: {exc}")
            for _, future in group:
                future.set_exception(failure)
            return
        self._reach("spool.after_commit")
        for (_, future), receipt in zip(group, receipts, strict=True):
            future.set_result(receipt)

    def _commit(self, group: Sequence[Submission]) -> list[Receipt]:
        with self._database.read() as connection:
            used = used_bytes(connection)
        self._room.check(used)
        now = time.time()
        with self._database.write(lambda: self._reach("spool.before_commit")) as connection:
            return [_insert(connection, submission, now) for submission in group]


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of live data in the file, free pages not counted."""
    pages, free, size = connection.execute(
        "SELECT (SELECT page_count FROM pragma_page_count),"
        " (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)"
    ).fetchone()
    return int((pages - free) * size)


def _insert(connection: sqlite3.Connection, submission: Submission, now: float) -> Receipt:
    uid = parse_uid(submission.uid)
    first = connection.execute(
        "INSERT INTO digest VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (submission.digest, submission.uid, submission.report_id, int(now // _SECONDS_A_DAY)),
    )
    if first.rowcount == 0:
        known = connection.execute(
            "SELECT uid, report_id FROM digest WHERE digest = ?", (submission.digest,)
        ).fetchone()
        _count(connection, known[0][:10], "duplicate")
        return Receipt(known[0], known[1], duplicate=True)
    seq = connection.execute(
        "INSERT INTO entry (uid, hour, cc, test, received, size) VALUES (?, ?, ?, ?, ?, ?)",
        (submission.uid, uid.hour, uid.cc, uid.test, now, submission.size),
    ).lastrowid
    connection.execute("INSERT INTO body VALUES (?, ?)", (seq, submission.packed))
    _count(connection, uid.hour, "accepted")
    return Receipt(submission.uid, submission.report_id, duplicate=False)


def _count(connection: sqlite3.Connection, hour: str, outcome: str) -> None:
    connection.execute(
        "INSERT INTO ledger VALUES (?, ?, '', 1) ON CONFLICT DO UPDATE SET n = n + 1", (hour, outcome)
    )
