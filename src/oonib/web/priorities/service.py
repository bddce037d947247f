"""What the pages of priorities say: the rules, what a network gets by them, what a change would do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oonib.accounts import Session
from oonib.checkin.prioritisation import DEFAULT_RULES, NO_LIMIT, Prioritisation, Rule
from oonib.errors import Invalid, OonibError
from oonib.priorities.schema import RuleEntry
from oonib.priorities.service import PriorityService
from oonib.web.editing.paging import paged
from oonib.web.editing.problems import known
from oonib.web.frame import said
from oonib.web.frame.forms import Form
from oonib.web.priorities.comparing import Change, Moved, first, moved

SIZE = 200
FIELDS = ("category_code", "cc", "domain", "url", "priority")
_CC_RE = re.compile(r"[A-Z]{2}", re.ASCII)
_ASN_RE = re.compile(r"(?:AS)?([0-9]{1,10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Network:
    """Whose choice is looked at. `asn` 0: all networks of the country. `cc` empty: nobody's."""

    cc: str = ""
    asn: int = 0

    @property
    def shown(self) -> str:
        """The number as people write it; empty for all."""
        return f"AS{self.asn}" if self.asn else ""


def network(cc: str, asn: str) -> Network:
    """From what was typed. Raises `Invalid`."""
    code, number = cc.strip().upper(), asn.strip().upper()
    if not code and not number:
        return Network()
    if _CC_RE.fullmatch(code) is None:
        raise Invalid("The country is a code of two letters, like IR")
    found = _ASN_RE.fullmatch(number or "0")
    if found is None:
        raise Invalid("The network is a number, like AS1234")
    return Network(code, int(found[1]))


class PriorityPages:
    """`prioritisation` says what probes get."""

    def __init__(self, rules: PriorityService, prioritisation: Prioritisation) -> None:
        self._rules = rules
        self._prioritisation = prioritisation

    def listed(self, query: str, page: int) -> dict[str, Any]:
        """The rules, those with the highest priority first."""
        stored = self._rules.rules()
        word = query.casefold()
        found = [rule for rule in stored if not word or _mentions(rule, word)]
        found.sort(key=lambda rule: (-rule.priority, rule))
        here = paged(found, page, SIZE)
        return {
            "rules": list(here.items),
            "total": here.total,
            "page": here.page,
            "pages": here.pages,
            # As long as nobody made rules these count.
            "defaults": [] if stored else list(DEFAULT_RULES),
        }

    def preview(self, whose: Network, change: Change | None = None) -> dict[str, Any]:
        """What probes of a network get first; with a change, what it does to that, or did.

        `problem` says so where it cannot be told just now.
        """
        answer: dict[str, Any] = {
            "cc": whose.cc, "asn": whose.asn, "urls": None, "listed": 0, "moved": None, "problem": None,
        }  # fmt: skip
        if not whose.cc:
            return answer
        try:
            # The reasons of this very choice are made anew here, in an order that stays.
            entries = self._prioritisation.explain(whose.cc, whose.asn, (), NO_LIMIT).entries
            rules: tuple[Rule, ...] = self._rules.rules() or DEFAULT_RULES
        except OonibError as exc:
            return {**answer, "problem": known(exc.message)}
        answer |= {"urls": first(entries, rules, whose.cc), "listed": len(entries)}
        if change is not None and not change.is_none:
            answer["moved"] = _moved(entries, rules, change, whose.cc)
        return answer

    def change(self, change: Change, caller: Session) -> None:
        """Add, replace or remove a rule."""
        self._rules.update(change.old, change.new, caller.account_id)


def rule(values: Mapping[str, str]) -> Rule:
    """From the fields of a form. Raises pydantic's `ValidationError`."""
    return RuleEntry.model_validate(dict(values)).rule()


def given(form: Form | Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """The five fields of a rule in a form or an address."""
    return {name: form.get(prefix + name, "").strip() for name in FIELDS}


def said_change(change: Change) -> object:
    """What a change is, in words."""
    if change.old is None:
        return said("A rule is added")
    return said("A rule is removed") if change.new is None else said("A rule is changed")


def _moved(entries: Any, rules: tuple[Rule, ...], change: Change, cc: str) -> list[Moved]:
    if change.is_in(rules):
        return moved(entries, change.undone().applied(rules), rules, cc)
    return moved(entries, rules, change.applied(rules), cc)


def _mentions(rule: Rule, word: str) -> bool:
    return any(word in text.casefold() for text in (rule.category_code, rule.cc, rule.domain, rule.url))
