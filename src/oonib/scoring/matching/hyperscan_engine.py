"""Pattern search by hyperscan: literals and regular expressions over bytes.

A database has one scratch area, so scans of one database exclude each other; scoring runs in processes, and
the lock only keeps an accidental second thread correct.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Self

import hyperscan

_LONGEST_LITERAL = 8_000
"""Bytes above which hyperscan refuses a literal."""


def _note(pattern_id: int, _start: int, _end: int, _flags: int, found: object) -> None:
    assert isinstance(found, list)
    found.append(pattern_id)


class HyperscanSearch:
    """See `LiteralSearch`: answers each pattern once, in ascending order."""

    def __init__(self, database: hyperscan.Database | None, apart: Sequence[tuple[int, bytes]] = ()) -> None:
        self._database = database
        self._apart = tuple(apart)
        self._lock = Lock()

    @classmethod
    def of_literals(cls, patterns: Sequence[bytes]) -> Self:
        """A search for patterns that stand for themselves, byte for byte."""
        numbered = list(enumerate(patterns))
        apart = [(i, pattern) for i, pattern in numbered if not _compilable(pattern)]
        together = [(i, pattern) for i, pattern in numbered if _compilable(pattern)]
        return cls(_compiled(together, literal=True) if together else None, apart)

    @classmethod
    def of_regexps(cls, patterns: Sequence[bytes]) -> Self:
        """A search for regular expressions, where a dot also matches a line break.

        Raises `hyperscan.error` for one that does not compile.
        """
        return cls(_compiled(list(enumerate(patterns)), literal=False))

    def find(self, data: bytes) -> list[int]:
        """Ids of the patterns that occur in `data`."""
        found: list[int] = []
        if self._database is not None and data:
            with self._lock:
                self._database.scan(data, match_event_handler=_note, context=found)
        found.extend(i for i, pattern in self._apart if pattern in data)
        found.sort()
        return found


def _compilable(pattern: bytes) -> bool:
    # The binding passes patterns as C strings. Such patterns are rare and looked for one by one.
    return len(pattern) <= _LONGEST_LITERAL and 0 not in pattern


def _compiled(numbered: Sequence[tuple[int, bytes]], *, literal: bool) -> hyperscan.Database:
    # A literal knows no DOTALL; each pattern reports once per scan whatever its number of occurrences.
    flag = hyperscan.HS_FLAG_SINGLEMATCH | (0 if literal else hyperscan.HS_FLAG_DOTALL)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern for _, pattern in numbered],
        ids=[i for i, _ in numbered],
        elements=len(numbered),
        flags=[flag] * len(numbered),
        literal=literal,
    )
    return database
