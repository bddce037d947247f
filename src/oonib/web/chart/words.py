"""What a chart is about, in words: title, filters, time, the names of axes and of their values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice

from oonib.measurements.times import parse_time
from oonib.model.nettests import NAMES
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web.chart.asked import FILTERS, TIME, Asked
from oonib.web.charts import Country, Words
from oonib.web.frame.said import Said, counted, said

AXES: dict[str, Said] = {
    TIME: said("time"),
    "probe_cc": said("country"),
    "probe_asn": said("network"),
    "test_name": said("nettest"),
    "domain": said("domain"),
    "input": said("input"),
    "category_code": said("category"),
    "blocking_type": said("kind of blocking"),
}
"""What can be counted by, in the order of the form."""

GRAINS: dict[str, Said] = {
    "auto": said("as fits the time"),
    "hour": said("hour"),
    "day": said("day"),
    "week": said("week"),
    "month": said("month"),
    "year": said("year"),
}

LABELS: dict[str, Said] = {
    "probe_cc": said("Country"),
    "probe_asn": said("Network"),
    "test_name": said("Nettest"),
    "domain": said("Domain"),
    "input": said("Input"),
    "category_code": said("Category"),
    "ooni_run_link_id": said("OONI Run link"),
}

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as people read it."""

    name: str
    label: Said
    values: tuple[str, ...]


def title(asked: Asked, grain: str | None) -> Said:
    """What is counted, by what."""
    what = _what(asked.filters.get("test_name", ()))
    words = [_axis(axis, grain) for axis in (asked.axis_x, asked.axis_y) if axis in AXES]
    if not words:
        return said("%(what)s: all measurements", what=what)
    if len(words) == 1:
        return said("%(what)s by %(axis)s", what=what, axis=words[0])
    return said("%(what)s by %(first)s and %(second)s", what=what, first=words[0], second=words[1])


def _axis(axis: str, grain: str | None) -> Said:
    return GRAINS.get(grain or "", AXES[TIME]) if axis == TIME else AXES[axis]


def _what(tests: Sequence[str]) -> Words:
    names = [part.strip() for test in tests for part in test.split(",") if part.strip()]
    if not names:
        return said("All nettests")
    if len(names) == 1:
        return NAMES.get(names[0], names[0])
    return counted("%(n)s nettest", "%(n)s nettests", len(names))


def filters(asked: Asked) -> list[Filter]:
    """What narrows the counts."""
    return [
        Filter(name, LABELS[name], _split(name, asked.filters[name]))
        for name in FILTERS
        if name in asked.filters
    ]


def _split(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    # An input may hold commas of its own.
    parts = values if name == "input" else [part for value in values for part in value.split(",")]
    return tuple(part.strip() for part in parts if part.strip())


def period(asked: Asked) -> Said:
    """The time that is counted. `until` is not part of it."""
    try:
        since, until = parse_time(asked.since), parse_time(asked.until)
    except ValueError:
        return said("%(since)s to %(until)s", since=asked.since, until=asked.until)
    if since.time() == until.time() == time():
        last = max(since, until - timedelta(days=1))
        return said("%(since)s to %(until)s (UTC)", since=f"{since:%Y-%m-%d}", until=f"{last:%Y-%m-%d}")
    return said("%(since)s until before %(until)s", since=_moment(since), until=_moment(until))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def narrowed(asked: Asked) -> Said | None:
    """The filters in a line, but for a single nettest, which the title has."""
    line: Said | None = None
    for one in filters(asked):
        if one.name != "test_name" or len(one.values) > 1:
            told = _told(one)
            line = told if line is None else said("%(before)s · %(filter)s", before=line, filter=told)
    return line


def subtitle(asked: Asked) -> Said:
    """Filters and time in a line."""
    line = narrowed(asked)
    when = period(asked)
    return when if line is None else said("%(filters)s · %(time)s", filters=line, time=when)


def _told(one: Filter) -> Said:
    named = [value_name(one.name, value) for value in islice(one.values, _MOST_NAMED)]
    listed: Words = named[0]
    for name in named[1:]:
        listed = said("%(before)s, %(part)s", before=listed, part=name)
    if len(one.values) > _MOST_NAMED:
        listed = said("%(before)s, …", before=listed)
    return said("%(label)s: %(values)s", label=one.label, values=listed)


def value_name(axis: str, value: object) -> Words:
    """A value of an axis or a filter, as people call it."""
    text = str(value)
    if not text:
        return said("(none)")
    if axis == "probe_cc":
        return Country(text.upper())
    if axis == "probe_asn":
        return "AS" + text.upper().removeprefix("AS")
    if axis == "test_name":
        return NAMES.get(text, text)
    return DESCRIPTIONS.get(text, text) if axis == "category_code" else text
