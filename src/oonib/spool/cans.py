"""The archiver's plan: which entries go into which can, decided once and recorded before any upload.

A can is a postcan and its jsonl of one hour, country and nettest (fastpath contract 11). Its number is never
used twice, so a crash at any point repeats the same upload under the same name. How cans are built and where
they go is the archive's business.
"""

import enum
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oonib.spool.database import Database
from oonib.spool.entries import Entry
from oonib.spool.errors import SpoolFailed

_CHUNK = 200
"""Rows changed in one transaction, so that no submission waits long for the file."""


class CanState(enum.StrEnum):
    """How far a can has come. Each step is recorded only after the one before is durable outside."""

    PLANNED = "planned"
    UPLOADED = "uploaded"
    INDEXED = "indexed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that wait for a can: one hour, country and nettest."""

    hour: str
    cc: str
    test: str
    count: int


@dataclass(frozen=True, slots=True)
class Can:
    """A recorded can. `name` is the common stem of its two objects."""

    id: int
    hour: str
    cc: str
    test: str
    collector: str
    number: int
    state: CanState
    members: int

    @property
    def name(self) -> str:
        """`<YYYYMMDDHH>_<CC>_<test>.n<collector>.<number>`."""
        return f"{self.hour}_{self.cc}_{self.test}.n{self.collector}.{self.number}"

    @property
    def prefix(self) -> str:
        """`raw/<YYYYMMDD>/<HH>/<CC>/<test>/`, the folder of its objects in the store."""
        return f"raw/{self.hour[:8]}/{self.hour[8:]}/{self.cc}/{self.test}/"


class CanBook:
    """Reads and writes the plan."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, before_hour: str) -> list[Group]:
        """Groups of hours earlier than `before_hour` (`YYYYMMDDHH`) with entries in no can yet."""
        sql = (
            "SELECT hour, cc, test, count(*) FROM entry WHERE can IS NULL AND hour < ?"
            " GROUP BY hour, cc, test ORDER BY hour, cc, test"
        )
        with self._database.read() as connection:
            return [Group(*row) for row in connection.execute(sql, (before_hour,))]

    def candidates(self, group: Group, after_uid: str = "", limit: int = 1000) -> list[tuple[int, str, int]]:
        """`(seq, uid, compressed bytes)` of the group's uncanned entries after `after_uid`, by uid."""
        sql = (
            "SELECT entry.seq, entry.uid, length(body.packed) FROM entry JOIN body USING (seq)"
            " WHERE can IS NULL AND hour = ? AND cc = ? AND test = ? AND uid > ? ORDER BY uid LIMIT ?"
        )
        key = (group.hour, group.cc, group.test, after_uid, limit)
        with self._database.read() as connection:
            return list(connection.execute(sql, key))

    def next_number(self, group: Group, collector: str) -> int:
        """The first number that no recorded can of this group has."""
        sql = "SELECT max(number) FROM can WHERE hour = ? AND cc = ? AND test = ? AND collector = ?"
        with self._database.read() as connection:
            highest = connection.execute(sql, (group.hour, group.cc, group.test, collector)).fetchone()[0]
        return 0 if highest is None else int(highest) + 1

    def plan(self, group: Group, collector: str, number: int, seqs: Sequence[int]) -> Can:
        """Record a can and its members in one transaction. Raises `SpoolError` if the number is taken."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO can (hour, cc, test, collector, number, state, members)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (group.hour, group.cc, group.test, collector, number, CanState.PLANNED, len(seqs)),
            )
            can_id = cursor.lastrowid
            assert can_id is not None
            connection.executemany(
                "UPDATE entry SET can = ? WHERE seq = ? AND can IS NULL", ((can_id, seq) for seq in seqs)
            )
        return Can(can_id, group.hour, group.cc, group.test, collector, number, CanState.PLANNED, len(seqs))

    def renumber(self, can: Can, number: int) -> Can:
        """Give a planned can another number, because its name turned out to be taken.

        Raises `SpoolError` if that number is taken, or the can is not `PLANNED` any more.
        """
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE can SET number = ? WHERE id = ? AND number = ? AND state = ?",
                (number, can.id, can.number, CanState.PLANNED),
            ).rowcount
            if changed != 1:
                raise SpoolFailed(f"{can.name} is not planned any more")
        return replace(can, number=number)

    def unfinished(self) -> list[Can]:
        """Cans that are recorded but not released yet, in the order they were planned."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, hour, cc, test, collector, number, state, members FROM can"
                " WHERE state != ? ORDER BY id",
                (CanState.RELEASED,),
            ).fetchall()
        return [_can(row) for row in rows]

    def members(self, can: Can) -> Iterator[Entry]:
        """The can's entries with their bodies, ordered by uid, read a few at a time."""
        sql = (
            "SELECT entry.seq, entry.uid, body.packed FROM entry JOIN body USING (seq)"
            " WHERE entry.can = ? AND entry.uid > ? ORDER BY entry.uid LIMIT 16"
        )
        after = ""
        while True:
            with self._database.read() as connection:
                rows = connection.execute(sql, (can.id, after)).fetchall()
            if not rows:
                return
            yield from (Entry(*row) for row in rows)
            after = rows[-1][1]

    def advance(self, can: Can, state: CanState) -> None:
        """Record that `can` has reached `state`. On INDEXED the members that are there count as archived."""
        with self._database.write() as connection:
            connection.execute("UPDATE can SET state = ? WHERE id = ?", (state, can.id))
            if state is CanState.INDEXED and can.state is not CanState.INDEXED:
                connection.execute(
                    "INSERT INTO ledger SELECT ?, 'archived', '', count(*) FROM entry WHERE can = ?"
                    " ON CONFLICT DO UPDATE SET n = n + excluded.n",
                    (can.hour, can.id),
                )

    def release(self, can: Can) -> bool:
        """Delete the can's entries that are scored, a few at a time; True when none is left."""
        while self._release_some(can):
            pass
        with self._database.read() as connection:
            left: int = connection.execute("SELECT count(*) FROM entry WHERE can = ?", (can.id,)).fetchone()[
                0
            ]
        if left == 0:
            self.advance(can, CanState.RELEASED)
        return left == 0

    def _release_some(self, can: Can) -> int:
        with self._database.write() as connection:
            seqs = connection.execute(
                "SELECT seq FROM entry WHERE can = ? AND seq <="
                " coalesce((SELECT seq FROM watermark WHERE consumer = 'fastpath'), 0) LIMIT ?",
                (can.id, _CHUNK),
            ).fetchall()
            connection.executemany("DELETE FROM body WHERE seq = ?", seqs)
            connection.executemany("DELETE FROM entry WHERE seq = ?", seqs)
        return len(seqs)


def _can(row: sqlite3.Row | tuple[object, ...]) -> Can:
    can_id, hour, cc, test, collector, number, state, members = row
    return Can(
        int(str(can_id)),
        str(hour),
        str(cc),
        str(test),
        str(collector),
        int(str(number)),
        CanState(str(state)),
        int(str(members)),
    )
