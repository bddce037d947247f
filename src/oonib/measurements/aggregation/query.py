"""The SQL that counts: text of this module and of `Where`, values only as bound parameters.

The innermost query counts, on `fastpath_axes`; the outer one gives times the form that answers have.
"""

from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import Axis, Grain
from oonib.measurements.query import AXES_COLUMNS, LIST_COUNTRY, Where

COUNTS = ("anomaly_count", "confirmed_count", "failure_count", "ok_count", "measurement_count")

# Outcomes exclude each other: failed, else confirmed, else anomalous, else ok.
_COUNTED = """countIf(anomaly = 't' AND confirmed = 'f' AND msm_failure = 'f') AS anomaly_count,
        countIf(confirmed = 't' AND msm_failure = 'f') AS confirmed_count,
        countIf(msm_failure = 't') AS failure_count,
        countIf(anomaly = 'f' AND confirmed = 'f' AND msm_failure = 'f') AS ok_count,
        count() AS measurement_count"""

_TIME = "toTimeZone(measurement_start_time, 'UTC')"
_STARTS: dict[Grain, str] = {
    "hour": f"toStartOfHour({_TIME})",
    "day": f"toDate({_TIME})",
    "week": f"toStartOfWeek({_TIME})",
    "month": f"toStartOfMonth({_TIME})",
    "year": f"toStartOfYear({_TIME})",
}
_PLAIN: dict[Axis, str] = {
    "blocking_type": "blocking_type",
    "category_code": "lists.category",
    "domain": "domain",
    "input": "input",
    "probe_asn": "probe_asn",
    "probe_cc": "probe_cc",
    "test_name": "test_name",
}


def columns(aggregation: Aggregation) -> tuple[str, ...]:
    """The columns of the result: axes, then counts."""
    return (*aggregation.axes, *COUNTS)


def counting(aggregation: Aggregation) -> str:
    """The query. Its result is in the order of the axes, with the columns of `columns`."""
    axes = aggregation.axes
    assert aggregation.where.columns <= AXES_COLUMNS
    shown = [_shown(axis, aggregation.grain) for axis in axes]
    grouped = "".join(f"{_grouped(axis, aggregation.grain)} AS {axis}_, " for axis in axes)
    names = ", ".join(f"{axis}_" for axis in axes)
    joined = _categories(aggregation.where) if "category_code" in axes else ""
    return f"""
SELECT {", ".join([*shown, *COUNTS])} FROM (
    SELECT {grouped}
        {_COUNTED}
    FROM fastpath_axes FINAL {joined}
    WHERE {aggregation.where.sql}
    {"GROUP BY " + names if axes else ""}
)
{"ORDER BY " + names if axes else ""}
"""  # noqa: S608 - text of this module and names of a closed set; values are parameters


def _grouped(axis: Axis, grain: Grain | None) -> str:
    if axis != "measurement_start_day":
        return _PLAIN[axis]
    assert grain is not None
    return _STARTS[grain]


def _shown(axis: Axis, grain: Grain | None) -> str:
    # The inner name differs from the column's, so that neither can be taken for the other in a condition.
    if grain == "hour" and axis == "measurement_start_day":
        return f"formatDateTime({axis}_, '%Y-%m-%dT%H:00:00Z') AS {axis}"
    return f"toString({axis}_) AS {axis}" if axis == "measurement_start_day" else f"{axis}_ AS {axis}"


def _categories(where: Where) -> str:
    """Each URL with one category, so that a URL of many lists is counted once: the global list's first."""
    return f"""INNER JOIN (
        SELECT
            url,
            argMin(category_code, ({LIST_COUNTRY} != 'ZZ', {LIST_COUNTRY}, category_code)) AS category
        FROM citizenlab WHERE {where.lists} GROUP BY url
    ) AS lists ON lists.url = fastpath_axes.input"""  # noqa: S608
