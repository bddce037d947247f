"""From the parameters of an aggregation to what is counted (data contract 3.1, 3.2).

Owns the defaults and what is refused. Knows no HTTP and runs no query.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oonib.measurements.aggregation.grains import grain_of
from oonib.measurements.aggregation.refusing import refusal
from oonib.measurements.aggregation.schema import AXES, AggregationParameters, Axis, Grain
from oonib.measurements.items import country, items, link, network, whole
from oonib.measurements.query import Where
from oonib.measurements.times import EARLIEST, LATEST

_WINDOW = timedelta(days=180)
_SECOND = timedelta(seconds=1)
_GLOBAL = "ZZ"
_INPUT_RE = re.compile(r"[A-Za-z0-9 :/.\[\]\-_%+(){}=?#&!,$~@*]*", re.ASCII)
_TEST_NAME_RE = re.compile(r"[a-z0-9_]+", re.ASCII)
_CATEGORY_RE = re.compile(r"[A-Z]+", re.ASCII)


class EqualAxes(Exception):
    """Both axes are the same; clients expect a success that says so."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What is counted. `grain` is there when time is an axis."""

    where: Where
    axes: tuple[Axis, ...]
    grain: Grain | None
    until: datetime


def read_aggregation(asked: AggregationParameters, now: datetime) -> Aggregation:
    """What an aggregation means at `now`. Raises `EqualAxes`, `BadRequest` or `Invalid`."""
    axes = tuple(_axis(name) for name in (asked.axis_x, asked.axis_y) if name is not None)
    if len(axes) == 2 and axes[0] == axes[1]:
        raise EqualAxes
    since = asked.since or now - _WINDOW
    until = asked.until or now
    grain = grain_of(asked.time_grain, since, until) if "measurement_start_day" in axes else None
    where = Where()
    _bound_time(where, since, until)
    _bound_place(where, asked)
    _bound_subject(where, asked)
    return Aggregation(where, axes, grain, until)


def _axis(name: str) -> Axis:
    for axis in AXES:
        if axis == name:
            return axis
    raise refusal("Invalid axis name")


def _bound_time(where: Where, since: datetime, until: datetime) -> None:
    # Stored times are whole seconds: one that is not before a bound with a fraction is not before the next.
    if since > EARLIEST:
        where.compare("measurement_start_time", ">=", "DateTime('UTC')", _whole(min(since, LATEST)))
    if until <= LATEST:
        where.compare("measurement_start_time", "<", "DateTime('UTC')", _whole(max(until, EARLIEST)))


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0) + (_SECOND if time.microsecond else timedelta())


def _bound_place(where: Where, asked: AggregationParameters) -> None:
    if asked.probe_cc is not None:
        where.one_of("probe_cc", "String", items("probe_cc", asked.probe_cc, country))
    if asked.probe_asn is not None:
        bad = refusal("Invalid ASN value in parameter probe_asn")
        where.one_of("probe_asn", "Int64", items("probe_asn", asked.probe_asn, network, bad=bad))


def _bound_subject(where: Where, asked: AggregationParameters) -> None:
    if asked.test_name is not None:
        bad = refusal("Invalid characters in test_name field")
        names = items("test_name", asked.test_name, _like(_TEST_NAME_RE), bad=bad)
        where.one_of("test_name", "String", names)
    if asked.input is not None:
        bad = refusal("Invalid characters in input field")
        where.one_of("input", "String", whole("input", asked.input, _tame_input, bad=bad))
    if asked.domain is not None:
        where.one_of("domain", "String", items("domain", asked.domain, str))
    if asked.category_code is not None:
        countries = items("probe_cc", asked.probe_cc, country) if asked.probe_cc is not None else []
        codes = items("category_code", asked.category_code, _like(_CATEGORY_RE))
        where.in_category(codes, [*countries, _GLOBAL])
    if asked.ooni_run_link_id is not None:
        where.one_of("ooni_run_link_id", "UInt64", items("ooni_run_link_id", asked.ooni_run_link_id, link))


def _like(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(item: str) -> str:
        if not pattern.fullmatch(item):
            raise ValueError(item)
        return item

    return read


def _tame_input(text: str) -> str:
    """An input of characters that inputs have; those beyond ASCII pass."""
    if not _INPUT_RE.fullmatch("".join(filter(str.isascii, text))):
        raise ValueError(text)
    return text
