"""Counts beside the list: by verdict, country, nettest and network, for the same filters and time. Pure.

They are of measurements of every verdict, also where the list has one verdict only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oonib.measurements.times import parse_time
from oonib.web.chart.linking import FLAGS as FLAGS_OF_COUNTS
from oonib.web.frame.said import Said, said
from oonib.web.search.asked import COUNTABLE, Asked

AXES = ("probe_cc", "test_name", "probe_asn")
"""What is counted by."""

_MOST = 8
_SECOND = timedelta(seconds=1)
_NOWHERE = ("", "ZZ", 0)
_WORDS: dict[str, Said] = {
    "measurement_count": said("All"),
    "anomaly_count": said("Anomaly"),
    "confirmed_count": said("Confirmed"),
    "failure_count": said("Failure"),
    "ok_count": said("No anomaly"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an axis and how many measurements have it; `suspicious`: anomalies and confirmed ones."""

    value: str
    measurements: int
    suspicious: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of an axis; `total`: how many values there are. None of it: not counted."""

    axis: str
    values: Sequence[Value] | None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict that can be chosen. `count` is None where it was not counted."""

    word: Said
    flags: Mapping[str, str]
    count: int | None
    chosen: bool


def questions(asked: Asked) -> list[dict[str, Any]]:
    """What is asked of the counts, an axis each; none where they do not know a filter."""
    narrowed = set(asked.given) - {"since", "until", "order", "anomaly", "confirmed", "failure"}
    if not narrowed <= COUNTABLE or not {"since", "until"} <= set(asked.given):
        return []
    # An input is more exact than its domain or category, which a search ignores beside it.
    ignored = {"domain", "category_code"} if "input" in narrowed else set()
    filters = {name: list(asked.given[name]) for name in sorted(narrowed - ignored)}
    try:
        since, until = (_later(asked.first(name)) for name in ("since", "until"))
    except (ValueError, OverflowError):
        return []
    return [{**filters, "since": since, "until": until, "axis_x": axis} for axis in AXES]


def _later(text: str) -> datetime:
    # The search leaves out its lower bound and takes its upper one; the counts do the opposite.
    return parse_time(text).replace(microsecond=0) + _SECOND


def facets(found: Sequence[Sequence[Mapping[str, Any]] | None]) -> list[Facet]:
    """The answers to `questions`, in their order."""
    return [_facet(axis, rows) for axis, rows in zip(AXES, found or [None] * len(AXES), strict=True)]


def _facet(axis: str, rows: Sequence[Mapping[str, Any]] | None) -> Facet:
    if rows is None:
        return Facet(axis, None)
    known = [row for row in rows if row[axis] not in _NOWHERE]
    values = [
        Value(
            f"AS{row[axis]}" if axis == "probe_asn" else str(row[axis]),
            row["measurement_count"],
            row["anomaly_count"] + row["confirmed_count"],
        )
        for row in known
    ]
    values.sort(key=lambda one: (-one.measurements, one.value))
    return Facet(axis, values[:_MOST], len(values))


def choices(asked: Asked, found: Sequence[Sequence[Mapping[str, Any]] | None]) -> list[Choice]:
    """The verdicts, each with its number."""
    rows = next((rows for rows in found if rows is not None), None)
    held = {name: asked.first(name).lower() for name in ("anomaly", "confirmed", "failure")}
    made = []
    for count, word in _WORDS.items():
        flags = dict(FLAGS_OF_COUNTS[count])
        total = None if rows is None else sum(row[count] for row in rows)
        chosen = held == {name: flags.get(name, "") for name in held}
        made.append(Choice(word, {name: flags.get(name, "") for name in held}, total, chosen))
    return made
