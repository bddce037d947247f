"""What goes in and comes out, for type checkers. Values come as the backend sends them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, TypedDict

Several = str | Sequence[str]
"""One value or several."""

Time = str | date | datetime
"""A day, a time (UTC where it has no zone), or a text as the API takes it."""


class _Filters(TypedDict, total=False):
    input: Several
    domain: Several
    category_code: Several
    probe_cc: Several
    probe_asn: Several | int | Sequence[int]
    test_name: Several
    ooni_run_link_id: Several | int | Sequence[int]
    since: Time
    until: Time


class SearchFilters(_Filters, total=False):
    """What a search can be narrowed by. `since` is exclusive, `until` inclusive."""

    report_id: Several
    confirmed: bool
    anomaly: bool
    failure: bool
    software_version: Several
    test_version: Several
    engine_version: Several
    order: Literal["asc", "desc"]


class AggregationFilters(_Filters, total=False):
    """What is counted and by which axes. `since` is inclusive, `until` exclusive."""

    axis_x: str
    axis_y: str
    time_grain: Literal["hour", "day", "week", "month", "year", "auto"]


class Measurement(TypedDict):
    """A measurement as a search lists it."""

    measurement_uid: str
    report_id: str
    measurement_start_time: str
    probe_cc: str
    probe_asn: str
    test_name: str
    input: str | None
    anomaly: bool
    confirmed: bool
    failure: bool
    scores: dict[str, Any]
    verification_status: Literal["verified", "unverified", "failed"]
    measurement_url: str


class Counts(TypedDict, total=False):
    """The counts of one cell, and its place on the axes that were asked for."""

    anomaly_count: int
    confirmed_count: int
    failure_count: int
    ok_count: int
    measurement_count: int
    blocking_type: str
    category_code: str
    domain: str
    input: str
    measurement_start_day: str
    probe_asn: int
    probe_cc: str
    test_name: str
