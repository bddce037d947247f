"""Where rules come from, as prioritisation sees it. Who keeps them is decided at the composition root."""

from typing import Protocol

from oonib.checkin.prioritisation.rules import Rule


class RulesAway(Exception):
    """The rules cannot be looked up now."""


class RuleSource(Protocol):
    """The rules that people made. Methods raise `RulesAway`, after a few seconds at most."""

    def stored(self) -> tuple[Rule, ...]:
        """The rules as stored, ordered; none as long as nobody made any."""
        ...

    def add_defaults(self) -> bool:
        """Fill an empty table with the default rules; whether it was."""
        ...
