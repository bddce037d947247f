"""From lists, rules and counts to an order, and from that to the URLs of one probe. Pure (contract 2.4)."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from oonib.checkin.prioritisation.lists import Entry, TestLists
from oonib.checkin.prioritisation.rules import Rule, RuleBook, applying

_COUNT_OF_NONE = 0.1
"""What no measurement at all counts as, so that the weight stays finite."""


def weight(priority: int, count: int) -> float:
    """How urgent an entry is that was measured `count` times of late."""
    return priority / max(count, _COUNT_OF_NONE)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a country can get: the entries with a priority above 0, by priority; `listed` counts all entries.

    Beside the entries of a priority stand their URLs, so that counts can be looked up in one go.
    """

    urgent: tuple[tuple[int, tuple[Entry, ...], tuple[str, ...]], ...]
    listed: int

    @classmethod
    def of(cls, entries: Sequence[Entry], book: RuleBook) -> Self:
        """The candidates among `entries`."""
        by_priority: dict[int, list[Entry]] = {}
        for entry in entries:
            by_priority.setdefault(book.priority(entry), []).append(entry)
        urgent = (
            (priority, tuple(found), tuple(entry.url for entry in found))
            for priority, found in by_priority.items()
            if priority > 0
        )
        return cls(tuple(urgent), len(entries))

    def entries(self) -> Iterator[Entry]:
        """All that may be handed out."""
        return chain.from_iterable(found for _, found, _ in self.urgent)


class Book:
    """One state of the lists and rules. It never changes; a change makes a new one."""

    def __init__(self, lists: TestLists, rules: Iterable[Rule]) -> None:
        self.lists = lists
        self.rules = tuple(rules)
        self._special = {rule.cc for rule in self.rules}
        self._candidates: dict[str, Candidates] = {}

    def candidates(self, cc: str) -> Candidates:
        """Entries and priorities for probes in `cc`, worked out once."""
        # Countries with neither list nor rules of their own get the same, so there is one of it.
        key = cc if self.lists.has(cc) or cc in self._special else ""
        found = self._candidates.get(key)
        if found is None:
            found = self._candidates[key] = self._work_out(key)
        return found

    def _work_out(self, cc: str) -> Candidates:
        return Candidates.of(self.lists.of(cc), RuleBook(applying(self.rules, cc)))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The entries for one network: pools of equal weight, the heaviest first. `listed` as in `Candidates`."""

    pools: tuple[tuple[Entry, ...], ...]
    listed: int

    def pick(self, categories: Collection[str], limit: int, rng: random.Random) -> list[Entry]:
        """Up to `limit` entries (below 0: all), within a pool in an order of their own for each probe.

        `categories` empty: any. Equal weights are common: without the shuffle every probe of a network that
        nobody has measured would start with the same URLs.
        """
        picked: list[Entry] = []
        for pool in self.pools:
            room = len(pool) if limit < 0 else limit - len(picked)
            if room <= 0:
                break
            wanted = [entry for entry in pool if entry.category_code in categories] if categories else pool
            picked += rng.sample(wanted, min(room, len(wanted)))
        return picked


def rank(candidates: Candidates, counts: Mapping[str, int]) -> Ranking:
    """The order for a network where each URL was measured `counts` times of late; others never."""
    pools: dict[float, list[Entry]] = {}
    for priority, entries, urls in candidates.urgent:
        # By count first: there are far fewer counts than entries, and this runs for every network.
        by_count: defaultdict[int | None, list[Entry]] = defaultdict(list)
        for entry, count in zip(entries, map(counts.get, urls), strict=True):
            by_count[count].append(entry)
        for count, found in by_count.items():
            pools.setdefault(weight(priority, count or 0), []).extend(found)
    ordered = tuple(tuple(pools[heavy]) for heavy in sorted(pools, reverse=True))
    return Ranking(ordered, candidates.listed)
