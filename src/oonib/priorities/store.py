"""The table of rules. Its order is that of the five fields, whatever the engine's own."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import ProgrammingError

from oonib.accounts.store import note
from oonib.checkin.prioritisation import DEFAULT_RULES, Rule, RulesAway
from oonib.records import Conflict, Records, RecordsUnavailable
from oonib.records.tables import ALL

_TABLE = ALL.tables["url_priority"]
_COLUMNS = [_TABLE.c[name] for name in ("category_code", "cc", "domain", "url", "priority")]


class NoSuchRule(Exception):
    """The rule that was to be changed is not there."""


class RuleExists(Exception):
    """There is a rule for the same category, country, domain and URL."""


class RuleStore:
    """The rules. What check-in asks for raises `RulesAway`, the rest `RecordsUnavailable` and `Conflict`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def stored(self) -> tuple[Rule, ...]:
        """All rules, ordered."""
        try:
            return self.all()
        except (RecordsUnavailable, ProgrammingError) as exc:
            # The latter is what PostgreSQL says before the tables are made.
            raise RulesAway(type(exc).__name__) from None

    def add_defaults(self) -> bool:
        """Fill an empty table with the default rules; whether it was. Several at once fill it once."""
        return not self.stored() and self._filled(DEFAULT_RULES)

    def all(self) -> tuple[Rule, ...]:
        """All rules, ordered."""
        with self._records.read() as session:
            return tuple(sorted(Rule(*row) for row in session.execute(select(*_COLUMNS))))

    def change(self, old: Rule | None, new: Rule | None, account_id: str, now: datetime) -> None:
        """Put `new` in the place of `old`; without one of them, add or remove. All of it or nothing.

        Raises `NoSuchRule` and `RuleExists`.
        """
        with self._records.write() as session:
            if old is not None:
                gone = session.execute(delete(_TABLE).where(*_is(old)).returning(_TABLE.c.number))
                if gone.first() is None:
                    raise NoSuchRule
            if new is not None:
                if session.execute(select(_TABLE.c.number).where(*_is(new)[:-1])).first() is not None:
                    raise RuleExists
                session.execute(insert(_TABLE).values(**asdict(new)))
            given = {"old": old and asdict(old), "new": new and asdict(new)}
            note(session, now, account_id, "priority.update", "url_priority", **given)

    def _filled(self, rules: Iterable[Rule]) -> bool:
        try:
            with self._records.write() as session:
                if session.execute(select(_TABLE.c.number).limit(1)).first() is not None:
                    return False
                session.execute(insert(_TABLE), [asdict(one) for one in rules])
        except Conflict:
            return False
        except RecordsUnavailable as exc:
            raise RulesAway(str(exc)) from None
        return True


def _place(rule: Rule) -> tuple[str, str, str, str]:
    return rule.category_code, rule.cc, rule.domain, rule.url


def _is(rule: Rule) -> list[ColumnElement[bool]]:
    """What is true of the row of a rule; last, of its priority."""
    return [column == value for column, value in zip(_COLUMNS, (*_place(rule), rule.priority), strict=True)]
