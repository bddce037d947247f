"""The current lists and rules of this process, looked up again when they are asked for and no longer fresh.

Owns how fresh: rules half a second, lists ten seconds once there are any. Only a change makes a new book.
"""

import threading
import time
from collections.abc import Callable

from oonib.checkin.prioritisation.lists import TestLists
from oonib.checkin.prioritisation.ranking import Book
from oonib.checkin.prioritisation.rules import Rule
from oonib.checkin.prioritisation.store import PriorityStore

RULES_LIFE = 0.5
LISTS_LIFE = 10.0
"""Seconds. The lists change by an update each day, the rules by people who look at once what came of it."""


class Shelf:
    """Holds one book. Safe from any thread."""

    def __init__(self, store: PriorityStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._book: Book | None = None
        self._version: tuple[int, int] | None = None
        self._rules_at = self._lists_at = float("-inf")
        self._edition = object()

    @property
    def edition(self) -> object:
        """Another object whenever what was made from the book is no longer right."""
        return self._edition

    @property
    def book(self) -> Book | None:
        """The book as it is, without a look whether it is fresh."""
        return self._book

    def expire(self) -> None:
        """Look at the rules again before anything else is answered: they were changed just now."""
        with self._lock:
            self._rules_at = float("-inf")
            self._edition = object()

    def fresh(self) -> tuple[Book, object]:
        """The book and its edition, looked up again where that is due. Raises `WarehouseError` kinds."""
        with self._lock:
            lists = self._lists()
            rules = self._rules()
            if self._book is None or lists is not self._book.lists or rules != self._book.rules:
                self._book = Book(lists, rules)
                self._edition = object()
            return self._book, self._edition

    def _lists(self) -> TestLists:
        now = self._clock()
        # Right after the first start the lists are on their way.
        life = LISTS_LIFE if self._book is not None and len(self._book.lists) else RULES_LIFE
        if self._book is not None and now - self._lists_at < life:
            return self._book.lists
        version = self._store.lists_version()
        known = None if self._book is None or version != self._version else self._book.lists
        lists = self._store.lists() if known is None else known
        self._version, self._lists_at = version, now
        return lists

    def _rules(self) -> tuple[Rule, ...]:
        now = self._clock()
        if self._book is not None and now - self._rules_at < RULES_LIFE:
            return self._book.rules
        rules = self._store.rules()
        self._rules_at = now
        return rules
