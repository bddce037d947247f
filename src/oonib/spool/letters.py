"""Dead letters: what could not be scored, looked up, tried again, settled once.

A letter is gone when a later try has an outcome, and the ledger moves with it in the same transaction, so a
try that is made twice counts once. Does not score.
"""

import sqlite3
from collections.abc import Iterator

from oonib.spool.database import Database
from oonib.spool.entries import DeadLetter

_PAGE = 200
_KIND = "dead_letter"


class Letters:
    """The dead letters of one spool. Every method may raise `SpoolError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, limit: int) -> list[DeadLetter]:
        """The latest `limit` letters, the latest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT seq, uid, reason, detail, at FROM dead_letter ORDER BY seq DESC LIMIT ?", (limit,)
            ).fetchall()
        return [DeadLetter(*row) for row in rows]

    def find(self, uid: str) -> DeadLetter | None:
        """The letter of a measurement, None when it is none (any more)."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT seq, uid, reason, detail, at FROM dead_letter WHERE uid = ?", (uid,)
            ).fetchone()
        return None if row is None else DeadLetter(*row)

    def all(self, reason: str | None = None) -> Iterator[DeadLetter]:
        """Every letter, or those with `reason`, oldest first, read a few at a time."""
        after = -1
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT seq, uid, reason, detail, at FROM dead_letter"
                    " WHERE seq > ? AND (? IS NULL OR reason = ?) ORDER BY seq LIMIT ?",
                    (after, reason, reason, _PAGE),
                ).fetchall()
            if not rows:
                return
            yield from (DeadLetter(*row) for row in rows)
            after = rows[-1][0]

    def settle(self, letter: DeadLetter, outcome: str, reason: str = "", detail: str = "") -> bool:
        """Record what a new try came to: `scored`, `rejected` or again `dead_letter`.

        False when the letter is gone, or is there for another reason by now: another process was faster, and
        nothing is counted.
        """
        with self._database.write() as connection:
            row = connection.execute(
                "SELECT reason FROM dead_letter WHERE seq = ? AND uid = ?", (letter.seq, letter.uid)
            ).fetchone()
            if row is None or row[0] != letter.reason:
                return False
            if outcome == _KIND:
                connection.execute(
                    "UPDATE dead_letter SET reason = ?, detail = ? WHERE seq = ?",
                    (reason, detail, letter.seq),
                )
            else:
                connection.execute("DELETE FROM dead_letter WHERE seq = ?", (letter.seq,))
            count(connection, letter.uid, _KIND, letter.reason, -1)
            count(connection, letter.uid, outcome, reason, 1)
        return True


def count(connection: sqlite3.Connection, uid: str, outcome: str, reason: str, n: int) -> None:
    """Add `n` to a line of the ledger, inside a transaction; a line of nothing is left out."""
    key = (uid[:10], outcome, reason)
    connection.execute(
        "INSERT INTO ledger VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n", (*key, n)
    )
    connection.execute("DELETE FROM ledger WHERE hour = ? AND outcome = ? AND reason = ? AND n = 0", key)
