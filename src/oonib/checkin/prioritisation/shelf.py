"""The current lists and rules of this process, looked up again when they are asked for and no longer fresh.

Owns how fresh: rules half a second, lists ten seconds once there are any. Only a change makes a new book.
"""

import threading
import time
from collections.abc import Callable

from oonib.checkin.prioritisation.lists import TestLists
from oonib.checkin.prioritisation.ranking import Book
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule
from oonib.checkin.prioritisation.sources import RulesAway, RuleSource
from oonib.checkin.prioritisation.store import PriorityStore

RULES_LIFE = 0.5
LISTS_LIFE = 10.0
"""Seconds. The lists change by an update each day, the rules by people who look at once what came of it."""

_REST = 5.0
"""Seconds without another look at rules that were away just now: each look may take as long."""


class Shelf:
    """Holds one book. Safe from any thread. Lists and rules have a lock each: either may hang alone."""

    def __init__(
        self, store: PriorityStore, rules: RuleSource, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._source = rules
        self._clock = clock
        self._lists_lock = threading.Lock()
        self._rules_lock = threading.Lock()
        self._lists: TestLists | None = None
        self._book: Book | None = None
        self._version: tuple[int, int] | None = None
        self._rules_until = self._rest_until = self._lists_at = float("-inf")
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
        with self._rules_lock:
            self._rules_until = float("-inf")
            self._edition = object()

    def fresh(self) -> tuple[Book, object]:
        """The book and its edition, looked up again where that is due.

        Raises `WarehouseError` kinds, and `RulesAway` where there were no rules before.
        """
        with self._lists_lock:
            self._look_at_lists()
        with self._rules_lock:
            return self._bound(self._fresh_rules()), self._edition

    def look_at_rules(self) -> Book | None:
        """Look at the rules now; the new book, where they make one."""
        with self._rules_lock:
            before = self._book
            if before is None:
                return None
            # Whatever they are worth by the clock.
            self._rules_until = self._rest_until
            now = self._bound(self._fresh_rules())
            return None if now is before else now

    def _bound(self, rules: tuple[Rule, ...]) -> Book:
        assert self._lists is not None
        if self._book is None or self._lists is not self._book.lists or rules != self._book.rules:
            self._book = Book(self._lists, rules)
            self._edition = object()
        return self._book

    def _look_at_lists(self) -> None:
        now = self._clock()
        # Right after the first start the lists are on their way.
        life = LISTS_LIFE if self._lists is not None and len(self._lists) else RULES_LIFE
        if self._lists is not None and now - self._lists_at < life:
            return
        version = self._store.lists_version()
        if self._lists is None or version != self._version:
            self._lists = self._store.lists()
        self._version, self._lists_at = version, now

    def _fresh_rules(self) -> tuple[Rule, ...]:
        now = self._clock()
        if self._book is not None and now < self._rules_until:
            return self._book.rules
        try:
            rules = self._source.stored() or DEFAULT_RULES
        except RulesAway:
            if self._book is None:
                raise
            # Those of a moment ago are better than none.
            self._rules_until = self._rest_until = self._clock() + _REST
            return self._book.rules
        self._rules_until = now + RULES_LIFE
        return rules
