"""Group commit: one thread writes what many requests submit, with one fsync for all that wait.

While a commit is on its way to the disk the next submissions gather, so the group grows with the load and
a single submission never waits for company.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from oonib.spool.batch import Batch
from oonib.spool.database import Database
from oonib.spool.entries import Receipt, Submission, packer
from oonib.spool.errors import SpoolBusy, SpoolError, SpoolFailed
from oonib.spool.limits import Room

_SMALLEST_GROUP = 8
_LARGEST_GROUP = 32
_MAX_WAITING_BYTES = 64 * 1024 * 1024

Waiting = tuple[Submission, Future[Receipt]]


class Committer:
    """The writing thread of one process. `reach` marks the named fault points of the crash tests."""

    def __init__(self, database: Database, room: Room, reach: Callable[[str], None]) -> None:
        self._database = database
        self._room = room
        self._reach = reach
        self._pack = packer()
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
            if self._waiting_bytes + len(submission.stored) > _MAX_WAITING_BYTES:
                raise SpoolBusy("too many submissions wait for the disk")
            self._waiting.append((submission, future))
            self._waiting_bytes += len(submission.stored)
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
            # Half of what waits: while it is written, its other half and the next are prepared.
            size = min(max(_SMALLEST_GROUP, len(self._waiting) // 2), _LARGEST_GROUP)
            group = self._waiting[:size]
            del self._waiting[:size]
            self._waiting_bytes -= sum(len(submission.stored) for submission, _ in group)
        return group

    def _settle(self, group: list[Waiting]) -> None:
        try:
            receipts = self._commit([submission for submission, _ in group])
            self._reach("spool.after_commit")
        except Exception as exc:  # noqa: BLE001 - whatever went wrong, each sender is waiting for an answer
            failure = exc if isinstance(exc, SpoolError) else SpoolFailed(f"{type(exc).__name__}: {exc}")
            for _, future in group:
                if future.set_running_or_notify_cancel():
                    future.set_exception(failure)
            return
        for (_, future), receipt in zip(group, receipts, strict=True):
            # A sender that gave up has cancelled its future; telling it would end this thread.
            if future.set_running_or_notify_cancel():
                future.set_result(receipt)
        # After the answers, which do not wait for it. What goes wrong here shows at the next commit.
        with suppress(SpoolError, OSError):
            self._database.shrink_journal()

    def _commit(self, group: Sequence[Submission]) -> list[Receipt]:
        self._room.check(self._used_bytes)
        # Compressed before the file is locked: other processes write meanwhile.
        batch = Batch.of(group, [self._pack(submission.stored) for submission in group])
        with self._database.write(lambda: self._reach("spool.before_commit")) as connection:
            return batch.insert(connection, time.time())

    def _used_bytes(self) -> int:
        with self._database.read() as connection:
            return used_bytes(connection)


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of live data in the file, free pages not counted."""
    pages, free, size = connection.execute(
        "SELECT (SELECT page_count FROM pragma_page_count),"
        " (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)"
    ).fetchone()
    return int((pages - free) * size)
