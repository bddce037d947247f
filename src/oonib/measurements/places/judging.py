"""Whether something is blocked, from counts by day and network. Pure, and meant to be cautious.

A stretch of days counts, not the whole window, so that what began last week or ended is told apart: it is the
run of days in which blocked measurements (anomaly or confirmed) outnumber those without anomaly by most.
Failures say nothing about blocking and are left out.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["confirmed", "likely"]

LEAST = 4
"""Blocked measurements that make a likely blocking, where they are on two networks or more."""

LEAST_ON_ONE = 6
"""The same where they are on one network."""

LEAST_DAYS = 2
LEAST_ELSEWHERE = 10
"""Measurements in other countries without which nothing says that the site works at all."""

CHANCE = 0.001
"""How likely so many anomalies may be where there is no blocking."""

ERRORS = 0.05
"""The share of anomalies that there always may be."""

CLEAR = 2
"""How many more measurements without anomaly than blocked ones, after a stretch, end it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Measurements by outcome; the outcomes exclude each other."""

    ok: int = 0
    anomaly: int = 0
    confirmed: int = 0
    failure: int = 0

    @property
    def blocked(self) -> int:
        """Those with an anomaly or confirmed."""
        return self.anomaly + self.confirmed

    @property
    def told(self) -> int:
        """Those that say something about blocking."""
        return self.ok + self.anomaly + self.confirmed

    @property
    def measured(self) -> int:
        """All of them."""
        return self.told + self.failure

    @property
    def share(self) -> float:
        """The share of blocked ones in those that say something."""
        return self.blocked / self.told if self.told else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.ok + other.ok,
            self.anomaly + other.anomaly,
            self.confirmed + other.confirmed,
            self.failure + other.failure,
        )

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(
            self.ok - other.ok,
            self.anomaly - other.anomaly,
            self.confirmed - other.confirmed,
            self.failure - other.failure,
        )


Days = Mapping[date, Tally]
"""Counts by day; days without measurements are absent."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of blocking. `last`: the last one with a blocked measurement. `ongoing`: nothing says that it is
    over. `from_start`: nothing without blocking was measured before, so that it may be older.
    """

    first: date
    last: date
    ongoing: bool
    from_start: bool
    tally: Tally


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is judged of a target in a place. `parts`: the networks on which it is blocked.

    `expected`: the share of anomalies that would be no news, which the judgement compared with.
    """

    kind: Kind
    stretch: Stretch
    parts: tuple[int, ...]
    expected: float


def judge(
    networks: Mapping[int, Days], elsewhere: Tally, level: float, *, looks: int = 0
) -> Judgement | None:
    """What the counts of a target in a place say; None for no blocking.

    `networks`: every network on which it was measured there. `elsewhere`: the same target in other countries.
    `level`: the share of anomalies that is usual in the place. `looks`: how many networks there are where
    some in `networks` stand for several.
    """
    expected = max(ERRORS, level, (elsewhere.blocked + 1) / (elsewhere.told + 2))
    proven = {asn: days for asn, days in networks.items() if total(days).confirmed}
    if proven:
        stretch = _latest(total_by_day(proven.values()), lambda found: found.tally.confirmed > 0)
        if stretch is not None:
            return Judgement("confirmed", stretch, _affected(networks, stretch), expected)
    if elsewhere.told < LEAST_ELSEWHERE:
        return None
    return _everywhere(networks, expected) or _somewhere(networks, expected, max(looks, len(networks)))


def _everywhere(networks: Mapping[int, Days], expected: float) -> Judgement | None:
    days = total_by_day(networks.values())

    def convinces(stretch: Stretch) -> bool:
        on = sum(1 for found in networks.values() if within(found, stretch).blocked)
        return _convinces(days, stretch, expected, LEAST if on > 1 else LEAST_ON_ONE)

    return _told(networks, _latest(days, convinces), expected)


def _somewhere(networks: Mapping[int, Days], expected: float, looks: int) -> Judgement | None:
    """Single networks whose own measurements are enough."""
    found = {}
    for asn, days in networks.items():

        def convinces(stretch: Stretch, days: Days = days) -> bool:
            return _convinces(days, stretch, expected, LEAST_ON_ONE, looks=looks)

        if _latest(days, convinces) is not None:
            found[asn] = days
    return _told(found, _latest(total_by_day(found.values()), lambda _: True), expected)


def _told(networks: Mapping[int, Days], stretch: Stretch | None, expected: float) -> Judgement | None:
    if stretch is None:
        return None
    affected = _affected(networks, stretch)
    # When it began and ended shows best where it is blocked.
    exact = _latest(total_by_day(networks[asn] for asn in affected), lambda _: True)
    return Judgement("likely", exact or stretch, affected, expected)


def _affected(networks: Mapping[int, Days], stretch: Stretch) -> tuple[int, ...]:
    inside = {asn: within(days, stretch) for asn, days in networks.items()}
    blocked = [asn for asn, tally in inside.items() if tally.confirmed or tally.blocked > tally.ok]
    return tuple(sorted(blocked, key=lambda asn: (-inside[asn].blocked, asn)))


def _convinces(days: Days, stretch: Stretch, expected: float, least: int, *, looks: int = 1) -> bool:
    tally = stretch.tally
    on = sum(1 for day, one in days.items() if stretch.first <= day <= stretch.last and one.blocked)
    if tally.blocked < least or on < LEAST_DAYS or tally.share < 2 * expected:
        return False
    # Among many days and networks one finds by chance what is rare in one of them.
    return chance(tally.blocked, tally.told, expected) * len(days) * looks <= CHANCE


def chance(blocked: int, told: int, expected: float) -> float:
    """At most how likely it is that of `told` measurements `blocked` or more show anomalies when the share
    of anomalies is `expected` (the bound of Chernoff and Hoeffding).
    """
    share = blocked / told
    if share <= expected:
        return 1.0
    apart = share * math.log(share / expected)
    if share < 1:
        apart += (1 - share) * math.log((1 - share) / (1 - expected))
    return math.exp(-told * apart)


def _latest(days: Days, convinces: Callable[[Stretch], bool]) -> Stretch | None:
    """The longest stretch that convinces, or a later one that does if that one is over."""
    found: Stretch | None = None
    rest = dict(sorted(days.items()))
    while (stretch := _stretch(rest, known_before=len(rest) < len(days))) is not None:
        if not convinces(stretch):
            break
        found = stretch
        if stretch.ongoing:
            break
        rest = {day: tally for day, tally in rest.items() if day > stretch.last}
    return found


def _stretch(days: Mapping[date, Tally], *, known_before: bool) -> Stretch | None:
    """The days, given in order, whose surplus of blocked measurements is the largest."""
    order = list(days.items())
    best = surplus = 0
    first = place = last = -1
    for number, (_, tally) in enumerate(order):
        if surplus <= 0:
            surplus, place = 0, number
        surplus += tally.blocked - tally.ok
        if surplus > best:
            best, first, last = surplus, place, number
    if best == 0:
        return None
    inside, after = order[first : last + 1], order[last + 1 :]
    clear = sum(tally.ok - tally.blocked for _, tally in after)
    before = any(tally.ok for _, tally in order[:first]) or known_before
    tally = total(dict(inside))
    starts = next(day for day, one in inside if one.blocked)
    ends = next(
        day for day, one in reversed(order) if one.blocked and (clear < CLEAR or day <= inside[-1][0])
    )
    return Stretch(starts, ends, clear < CLEAR, not before, tally)


def total(days: Days) -> Tally:
    """All days together."""
    return sum(days.values(), Tally())


def total_by_day(several: Iterable[Days]) -> dict[date, Tally]:
    """The counts of several networks together, in the order of days."""
    summed: dict[date, Tally] = {}
    for days in several:
        for day, tally in days.items():
            summed[day] = summed[day] + tally if day in summed else tally
    return dict(sorted(summed.items()))


def within(days: Days, stretch: Stretch) -> Tally:
    """The counts of the days of a stretch."""
    return total({day: tally for day, tally in days.items() if stretch.first <= day <= stretch.last})
