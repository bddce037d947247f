"""The spool as the rest of the program sees it: submit, read from a mark, settle, look up, report."""

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from oonib.spool import accounts, removing
from oonib.spool.accounts import Account
from oonib.spool.cans import CanBook, CanState
from oonib.spool.committer import Committer, used_bytes
from oonib.spool.database import Database
from oonib.spool.entries import DeadLetter, Entry, Receipt, Submission, Tally
from oonib.spool.letters import Letters
from oonib.spool.limits import Limits, Room
from oonib.spool.opening import open_file

FASTPATH = "fastpath"
_SECONDS_A_DAY = 86400
_PRUNE_AT_ONCE = 500
_CAN_DAYS = 30
_DEAD_LETTER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Status:
    """How the spool stands. Ages in seconds, None where nothing waits; `problem` is why it
    refuses submissions, `warning` why it soon will."""

    entries: int
    used_bytes: int
    unscored: int
    oldest_unscored: float | None
    unarchived: int
    oldest_unarchived: float | None
    dead_letters: int
    problem: str | None
    warning: str | None


def no_fault(_point: str) -> None:
    """The fault point of normal operation: nothing happens."""


class Spool:
    """One host's spool, shared by any number of processes. Every method may raise `SpoolError`."""

    def __init__(
        self, path: Path, limits: Limits | None = None, reach: Callable[[str], None] = no_fault
    ) -> None:
        self.opening = open_file(path)
        self._limits = limits or Limits()
        self._room = Room(path.parent, self._limits)
        self.database = Database(path)
        self._committer: Committer | None = None
        self._reach = reach
        self.cans = CanBook(self.database)
        self.letters = Letters(self.database)
        with self.database.read() as connection:
            self.id: str = connection.execute("SELECT value FROM meta WHERE key = 'spool_id'").fetchone()[0]

    def submit(self, submission: Submission) -> Future[Receipt]:
        """Store a measurement; the future is done when it is durable. Starts the writing thread once."""
        if self._committer is None:
            self._committer = Committer(self.database, self._room, self._reach)
        return self._committer.submit(submission)

    def mark(self, consumer: str = FASTPATH) -> int:
        """The `seq` up to which `consumer` is done."""
        with self.database.read() as connection:
            row = connection.execute("SELECT seq FROM watermark WHERE consumer = ?", (consumer,)).fetchone()
        return 0 if row is None else int(row[0])

    def after(self, seq: int, *, limit: int, max_bytes: int) -> list[Entry]:
        """The next entries after `seq`, in order: at most `limit`, and no more once their bodies together
        have `max_bytes` (uncompressed: that is what a reader has to deal with)."""
        entries: list[Entry] = []
        size = 0
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT entry.seq, entry.uid, body.packed, entry.size FROM entry JOIN body USING (seq)"
                " WHERE entry.seq > ? ORDER BY entry.seq LIMIT ?",
                (seq, limit),
            )
            for row in rows:
                entries.append(Entry(*row[:3]))
                size += row[3]
                if size >= max_bytes:
                    break
            rows.close()
        return entries

    def settle(
        self,
        seq: int,
        tallies: Sequence[Tally],
        dead: Sequence[DeadLetter] = (),
        consumer: str = FASTPATH,
    ) -> None:
        """Move the mark to `seq` with the counts and dead letters that go with it, in one transaction."""
        self._reach("spool.before_settle")
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO watermark VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq",
                (consumer, seq),
            )
            connection.executemany(
                "INSERT INTO ledger VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                ((tally.hour, tally.outcome, tally.reason, tally.n) for tally in tallies),
            )
            now = time.time()
            connection.executemany(
                "INSERT OR REPLACE INTO dead_letter VALUES (?, ?, ?, ?, ?)",
                ((letter.seq, letter.uid, letter.reason, letter.detail, now) for letter in dead),
            )
        self._reach("spool.after_settle")

    def body(self, uid: str) -> bytes | None:
        """The stored bytes of `uid`, or None when the spool does not have it (any more)."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT entry.seq, entry.uid, body.packed FROM entry JOIN body USING (seq) WHERE uid = ?",
                (uid,),
            ).fetchone()
        return None if row is None else Entry(*row).stored()

    def ledger(self, since_hour: str = "") -> list[Tally]:
        """The counts per hour, outcome and reason from `since_hour` (`YYYYMMDDHH`) on."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT hour, outcome, reason, n FROM ledger WHERE hour >= ? ORDER BY 1, 2, 3", (since_hour,)
            ).fetchall()
        return [Tally(*row) for row in rows]

    def accounts(self, since: str = "", until: str = accounts.END) -> list[Account]:
        """The ledger's hours from `since` to before `until` (`YYYYMMDDHH`), with what is in flight now."""
        return accounts.accounts(self.database, since, until)

    def latest_hours(self, since: str, until: str, limit: int) -> Sequence[str]:
        """The latest hours of the ledger between the two, the latest first."""
        return accounts.last_hours(self.database, since, until, limit)

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The latest measurements that could not be scored."""
        return self.letters.latest(limit)

    def remove(self, uid: str) -> bool:
        """Delete a measurement for good; False when it is not here. `SpoolBusy` while it is archived."""
        return removing.remove(self.database, uid)

    def status(self) -> Status:
        """How much waits, since when, and whether there is room."""
        now = time.time()
        mark = self.mark()
        with self.database.read() as connection:
            used = used_bytes(connection)
            total = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
            unscored = connection.execute("SELECT count(*) FROM entry WHERE seq > ?", (mark,)).fetchone()[0]
            oldest_unscored = connection.execute(
                "SELECT received FROM entry WHERE seq > ? ORDER BY seq LIMIT 1", (mark,)
            ).fetchone()
            unarchived, oldest_unarchived = connection.execute(
                "SELECT count(*), min(received) FROM entry LEFT JOIN can ON can.id = entry.can"
                " WHERE entry.can IS NULL OR can.state IN ('planned', 'uploaded')"
            ).fetchone()
            dead = connection.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
        return Status(
            entries=total,
            used_bytes=used,
            unscored=unscored,
            oldest_unscored=None if oldest_unscored is None else now - oldest_unscored[0],
            unarchived=unarchived,
            oldest_unarchived=None if oldest_unarchived is None else now - oldest_unarchived,
            dead_letters=dead,
            problem=self._room.problem(used),
            warning=self._room.warning(used),
        )

    def prune(self) -> int:
        """Forget what is no longer of use, a few rows at a time. Returns how many digests went.

        Digests after the resubmission window, released cans after a month (the store still knows their
        numbers), dead letters after three months.
        """
        today = int(time.time() // _SECONDS_A_DAY)
        month_ago = time.strftime("%Y%m%d%H", time.gmtime((today - _CAN_DAYS) * _SECONDS_A_DAY))
        self._delete("can", "id", f"state = '{CanState.RELEASED}' AND hour < ?", month_ago)
        self._delete("dead_letter", "seq", "at < ?", (today - _DEAD_LETTER_DAYS) * _SECONDS_A_DAY)
        return self._delete("digest", "digest", "day < ?", today - self._limits.digest_days)

    def _delete(self, table: str, key: str, condition: str, limit: object) -> int:
        sql = (
            f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608 - names and conditions of this class
            f" (SELECT {key} FROM {table} WHERE {condition} LIMIT {_PRUNE_AT_ONCE})"
        )
        gone = 0
        while True:
            with self.database.write() as connection:
                rows = connection.execute(sql, (limit,)).rowcount
            gone += rows
            if rows < _PRUNE_AT_ONCE:
                return gone

    def close(self) -> None:
        """Write what waits and let go of the file."""
        if self._committer is not None:
            self._committer.close()
        self.database.close()
        fcntl.flock(self.opening.lock, fcntl.LOCK_UN)
        os.close(self.opening.lock)
