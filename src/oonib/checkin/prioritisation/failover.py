"""What probes get while ClickHouse is away: URLs of the global list at random (probe contract 2.6).

The list and the rules are kept in memory and on disk, so that a process that starts during an outage has them
as well. Rules are kept because a URL that nobody shall be sent to stays so in an outage.
"""

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec
import structlog

from oonib.checkin.prioritisation.lists import GLOBAL, Entry, TestLists
from oonib.checkin.prioritisation.ranking import Book
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule

_log = structlog.get_logger("checkin")


class _Url(msgspec.Struct, array_like=True):
    url: str
    domain: str
    category_code: str


class _Saved(msgspec.Struct):
    urls: list[_Url]
    rules: list[Rule]


class Failover:
    """The latest global list. `path` is where it is kept; `starter` what there is before the first list."""

    def __init__(self, path: Path, starter: Callable[[], Iterable[Entry]] = tuple) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._source: Book | None = None
        self._book = _read(path) or _started(starter())

    def __len__(self) -> int:
        return len(self._book.lists.of(GLOBAL))

    def pick(self, cc: str, categories: Collection[str], limit: int, rng: random.Random) -> list[Entry]:
        """Up to `limit` entries (below 0: all) of these categories (empty: any), all equally likely."""
        # The book has no other list than the global one, but every country's rules.
        entries = self._book.candidates(cc).entries()
        wanted = [entry for entry in entries if not categories or entry.category_code in categories]
        return rng.sample(wanted, len(wanted) if limit < 0 else min(limit, len(wanted)))

    def update(self, book: Book) -> None:
        """Take over global list and rules of `book`, in memory and on disk. An empty list changes nothing."""
        with self._lock:
            entries = book.lists.of(GLOBAL)
            if not entries or book is self._source:
                return
            self._book, self._source = Book(TestLists(entries), book.rules), book
            _write(self._path, entries, book.rules)


def _started(entries: Iterable[Entry]) -> Book:
    return Book(TestLists(entry for entry in entries if entry.cc == GLOBAL), DEFAULT_RULES)


def _read(path: Path) -> Book | None:
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=_Saved)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        _log.warning("the failover list cannot be read", problem=type(exc).__name__)
        return None
    entries = (Entry.make(one.url, one.domain, GLOBAL, one.category_code) for one in saved.urls)
    return Book(TestLists(entries), saved.rules)


def _write(path: Path, entries: Iterable[Entry], rules: Iterable[Rule]) -> None:
    saved = _Saved([_Url(one.url, one.domain, one.category_code) for one in entries], list(rules))
    # Several processes of a host write the same file: each its own, then moved into place.
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(saved))
        fresh.replace(path)
    except OSError as exc:
        _log.warning("the failover list cannot be written", problem=exc.strerror)
        with contextlib.suppress(OSError):
            fresh.unlink()
