"""Listing and changing rules (management contract 4.7)."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from oonib.checkin.prioritisation import Rule
from oonib.errors import BadRequest, NotFound, domain_error
from oonib.priorities.store import NoSuchRule, RuleExists, RuleStore


class PriorityService:
    """`changed` is called after each change, in the process that made it."""

    def __init__(
        self, store: RuleStore, *, changed: Callable[[], None], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._changed = changed
        self._clock = clock

    def rules(self) -> tuple[Rule, ...]:
        """All rules as stored, ordered."""
        return self._store.all()

    def update(self, old: Rule | None, new: Rule | None, account_id: str) -> None:
        """Add, remove or replace a rule; it counts at once. Raises `BadRequest`, `NotFound`."""
        if old is None and new is None:
            raise domain_error(BadRequest, "No changes are being proposed", "err_no_proposed_changes")
        try:
            self._store.change(old, new, account_id, self._clock())
        except NoSuchRule:
            raise domain_error(NotFound, "The rule was not found", "err_rule_not_found") from None
        except RuleExists:
            assert new is not None
            text = "There is a rule for the same already"
            raise domain_error(BadRequest, text, "err_duplicate_rule", asdict(new)) from None
        self._changed()
