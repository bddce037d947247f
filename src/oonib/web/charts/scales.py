"""From values to places: round ticks of numbers, intervals of time and their ticks. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Grain = Literal["hour", "day", "week", "month", "year"]
"""The length of an interval; those of the aggregation API."""

_MOST_BUCKETS = 20_000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = {"hour": _HOUR, "day": _DAY, "week": 7 * _DAY}


def round_ticks(most: float, about: int = 4) -> list[float]:
    """From 0 to at least `most` in steps of 1, 2 or 5 times a power of ten; whole numbers from 1 on."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    step = max(step, 1.0) if most >= 1 else step
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]


def short(value: float) -> str:
    """A number for an axis: `950`, `12 000`, `3.5 M`."""
    for size, sign in ((1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g}\u202f{sign}"
    return f"{value:,.10g}".replace(",", "\u202f")


def floor(moment: datetime, grain: Grain) -> datetime:
    """The start of the interval that holds a time. Weeks begin on Sunday, as those of the aggregation do."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if grain == "hour":
        return hour
    day = hour.replace(hour=0)
    if grain == "day":
        return day
    if grain == "week":
        return day - _DAY * (day.isoweekday() % 7)
    return day.replace(day=1) if grain == "month" else day.replace(month=1, day=1)


def next_start(start: datetime, grain: Grain) -> datetime:
    """The start of the interval after the one that begins at `start`."""
    if grain in _STEPS:
        return start + _STEPS[grain]
    if grain == "year":
        return start.replace(year=start.year + 1)
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def buckets(first: datetime, last: datetime, grain: Grain) -> Iterator[datetime]:
    """The starts of all intervals from the one of `first` to the one of `last`, at most 20,000."""
    start = floor(first, grain)
    for _ in range(_MOST_BUCKETS):
        if start > last:
            return
        yield start
        start = next_start(start, grain)


def date_ticks(starts: list[datetime], grain: Grain, most: int = 8) -> list[tuple[int, str]]:
    """Which intervals get a label, and the label: at most about `most`, at round dates."""
    for cut in _CUTS[grain]:
        found = [(number, f"{start:{cut.label}}") for number, start in enumerate(starts) if cut.fits(start)]
        if 0 < len(found) <= most and (len(found) > 1 or len(starts) <= most):
            return found
    step = max(1, -(-len(starts) // most))
    return [(number, f"{starts[number]:{_LABELS[grain]}}") for number in range(0, len(starts), step)]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Intervals that begin at an hour, a weekday, a day, a month and a year like these; empty for any."""

    label: str
    hours: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    years: int = 1

    def fits(self, start: datetime) -> bool:
        wanted = (
            (start.hour, self.hours),
            (start.isoweekday(), self.weekdays),
            (start.day, self.days),
            (start.month, self.months),
        )
        return all(not some or value in some for value, some in wanted) and start.year % self.years == 0


_LABELS = {"hour": "%m-%d %H:00", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_MIDNIGHT, _FIRST, _JANUARY = frozenset({0}), frozenset({1}), frozenset({1})
_OF_DAYS = (
    _Cut(_LABELS["day"], hours=_MIDNIGHT),
    _Cut(_LABELS["day"], hours=_MIDNIGHT, weekdays=frozenset({1})),
    _Cut(_LABELS["day"], hours=_MIDNIGHT, days=frozenset({1, 15})),
)
_OF_MONTHS = tuple(
    _Cut(_LABELS["month"], hours=_MIDNIGHT, days=_FIRST, months=frozenset(range(1, 13, step)))
    for step in (1, 3, 6)
)
_OF_YEARS = tuple(
    _Cut(_LABELS["year"], hours=_MIDNIGHT, days=_FIRST, months=_JANUARY, years=step) for step in (1, 2, 5, 10)
)
_CUTS: dict[Grain, tuple[_Cut, ...]] = {
    "hour": (
        *(_Cut("%d. %H:00", hours=frozenset(range(0, 24, step))) for step in (1, 3, 6, 12)),
        *_OF_DAYS,
        *_OF_MONTHS,
        *_OF_YEARS,
    ),
    "day": (*_OF_DAYS, *_OF_MONTHS, *_OF_YEARS),
    "week": (_Cut(_LABELS["week"]), _Cut(_LABELS["week"], days=frozenset(range(1, 8)))),
    "month": (*_OF_MONTHS, *_OF_YEARS),
    "year": _OF_YEARS,
}
