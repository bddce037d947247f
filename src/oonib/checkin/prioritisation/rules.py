"""Rules of priority: which entries each is about, what they sum up to. Pure (probe contract 2.3 to 2.5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from oonib.checkin.prioritisation.lists import GLOBAL, Entry

ANY = "*"
"""Stands for every value. Only alone: it is no pattern within a value. Empty means the same."""

_Key = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """`priority` for the entries of a category, country, domain and URL, each exact or `*`."""

    category_code: str
    cc: str
    domain: str
    url: str
    priority: int


def matches(rule: Rule, entry: Entry) -> bool:
    """Whether a rule is about an entry. Entries of the global list do not mind the rule's country."""
    exact = (
        (rule.category_code, entry.category_code),
        (rule.domain, entry.domain),
        (rule.url, entry.url),
    )
    if not all(wanted in ("", ANY, value) for wanted, value in exact):
        return False
    return entry.cc == GLOBAL or rule.cc.upper() in ("", ANY, entry.cc)


def applying(rules: Iterable[Rule], cc: str) -> list[Rule]:
    """The rules that count for probes in `cc`."""
    return [rule for rule in rules if rule.cc in ("", ANY, cc)]


class RuleBook:
    """Rules, found without trying each: what `matches` says of every one of them, summed up."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._found: dict[_Key, list[tuple[str, int]]] = {}
        for rule in rules:
            key = (_exact(rule.category_code), _exact(rule.domain), _exact(rule.url))
            self._found.setdefault(key, []).append((_exact(rule.cc.upper()) or "", rule.priority))
        self._shapes = {tuple(value is not None for value in key) for key in self._found}

    def priority(self, entry: Entry) -> int:
        """The sum of the priorities of the rules that match."""
        values = (entry.category_code, entry.domain, entry.url)
        total = 0
        for by_category, by_domain, by_url in self._shapes:
            key = (
                values[0] if by_category else None,
                values[1] if by_domain else None,
                values[2] if by_url else None,
            )
            for cc, priority in self._found.get(key, ()):
                if entry.cc == GLOBAL or cc in ("", entry.cc):
                    total += priority
        return total


def _exact(value: str) -> str | None:
    return None if value in ("", ANY) else value


_DEFAULTS = (
    (100, "NEWS POLR HUMR LGBT ANON COMT GRP"),
    (80, "MMED SRCH PUBH"),
    (60, "REL XED HOST ENV"),
    (40, "FILE CULTR IGO GOVT"),
    (30, "DATE HATE MILX PROV PORN GMB ALDR"),
    (20, "GAME MISC HACK ECON COMM CTRL"),
)
DEFAULT_RULES: tuple[Rule, ...] = tuple(
    Rule(category, ANY, ANY, ANY, priority) for priority, codes in _DEFAULTS for category in codes.split()
)
"""What counts as long as nobody has made rules (probe contract 2.5)."""
