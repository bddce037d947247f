"""What a network's probes get by some rules, why, and what a change of a rule makes of it. Pure.

The order is that of prioritisation, but entries of equal weight stand in the order of their URLs: each probe
gets them in an order of its own, which would look like a change here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oonib.checkin.prioritisation import Rule
from oonib.checkin.prioritisation.ranking import weight
from oonib.checkin.prioritisation.rules import RuleBook, applying, matches
from oonib.checkin.prioritisation.service import Explained

MOST = 50
_MOST_RULES = 20


@dataclass(frozen=True, slots=True)
class Placed:
    """A URL at its place (from 1). `measured`: in this and the last week. `rules`: those that match."""

    place: int
    url: str
    category_code: str
    country_code: str
    priority: int
    measured: int
    weight: float
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A URL whose place, or priority, a change makes another. Places are None below the first fifty."""

    url: str
    category_code: str
    before: int | None
    after: int | None
    priority_before: int
    priority_after: int

    @property
    def only_shifts(self) -> bool:
        """Whether it makes room for others, or takes theirs, and is no concern of the rule."""
        same = self.priority_before == self.priority_after
        return same and self.before is not None and self.after is not None


@dataclass(frozen=True, slots=True)
class Change:
    """Without `old`, `new` is added; without `new`, `old` is removed."""

    old: Rule | None
    new: Rule | None

    @property
    def is_none(self) -> bool:
        """Whether there is nothing to it."""
        return self.old == self.new

    def applied(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules with the change."""
        kept = [rule for rule in rules if rule != self.old]
        return kept if self.new is None else [*kept, self.new]

    def undone(self) -> "Change":
        """The change the other way round."""
        return Change(self.new, self.old)

    def is_in(self, rules: Sequence[Rule]) -> bool:
        """Whether the rules have it already."""
        return (self.new is None or self.new in rules) and (self.old is None or self.old not in rules)


def first(entries: Sequence[Explained], rules: Sequence[Rule], cc: str) -> list[Placed]:
    """The URLs that come first for probes in `cc`."""
    counting = applying(rules, cc)
    ranked = _ranked(entries, counting)[:MOST]
    return [
        Placed(
            place,
            one.entry.url,
            one.entry.category_code,
            one.entry.country_code,
            priority,
            one.measured,
            weight(priority, one.measured),
            tuple(rule for rule in counting if matches(rule, one.entry))[:_MOST_RULES],
        )
        for place, (one, priority) in enumerate(ranked, 1)
    ]


def moved(
    entries: Sequence[Explained], before: Sequence[Rule], after: Sequence[Rule], cc: str
) -> list[Moved]:
    """What is different among the first between two states of the rules, by where it is then."""
    counting = [applying(rules, cc) for rules in (before, after)]
    books = [RuleBook(rules) for rules in counting]
    places = [
        {one.entry.url: place for place, (one, _) in enumerate(_ranked(entries, rules)[:MOST], 1)}
        for rules in counting
    ]
    found = []
    for one in entries:
        url = one.entry.url
        if url not in places[0] and url not in places[1]:
            continue
        was, now = (book.priority(one.entry) for book in books)
        if was != now or places[0].get(url) != places[1].get(url):
            category = one.entry.category_code
            found.append(Moved(url, category, places[0].get(url), places[1].get(url), was, now))
    return sorted(found, key=lambda one: (one.after or MOST + 1, one.before or MOST + 1, one.url))


def _ranked(entries: Sequence[Explained], rules: Sequence[Rule]) -> list[tuple[Explained, int]]:
    book = RuleBook(rules)
    priced = [(one, book.priority(one.entry)) for one in entries]
    wanted = [(one, priority) for one, priority in priced if priority > 0]
    return sorted(wanted, key=lambda pair: (-weight(pair[1], pair[0].measured), pair[0].entry.url))
