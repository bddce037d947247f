"""The SQL of a page of measurements in order of time: the latest version of each that agrees with a `Where`.

`look` reads a page as it lies there, and says of each row whether there may be another version of it. Where
there is, the rest of this module serves.

Older versions of a measurement that was scored again are there until the table merges. So such a page takes
two steps: candidates are found in narrow columns, by any version; theirs alone are read whole, the latest
version of each is kept, and the conditions are held against that one again.

Where what is looked for is frequent, candidates lie near the end of the window: `edge` finds how far it is to
enough of them, and `near` reads no further. Where it is rare, `far` finds them through `fastpath_axes`, whose
order is that of places and nettests.
"""

from collections.abc import Sequence
from typing import Literal, get_args

from oonib.measurements.query import AXES_COLUMNS, COLUMNS, Column, Where

Table = Literal["fastpath", "fastpath_axes"]

EXPORTED: tuple[Column, ...] = (
    "measurement_uid",
    "report_id",
    "measurement_start_time",
    "probe_cc",
    "probe_asn",
    "test_name",
    "input",
    "anomaly",
    "confirmed",
    "msm_failure",
    "is_verified",
    "scores",
)
"""What tables of measurements are made from."""


def look(where: Where, columns: Sequence[Column], *, table: Table, descending: bool, bounded: bool) -> str:
    """The first `candidates` rows in order of time, with `update_time` and whether they were `scored_again`.

    `bounded`: only as far into the window as `edge`, a parameter.
    """
    assert COLUMNS.issuperset(columns)
    assert table in get_args(Table)
    # Text of this module and names of closed sets; values are parameters.
    return f"""
SELECT {", ".join(columns)}, update_time,
    toDate(measurement_start_time) IN (SELECT day FROM rescored FINAL WHERE NOT clean) AS scored_again
FROM {table}
WHERE {where.sql}{f" AND {_up_to_the_edge(descending=descending)}" if bounded else ""}
ORDER BY measurement_start_time {"DESC" if descending else "ASC"}
LIMIT {{candidates:UInt64}}
"""  # noqa: S608


def outset(where: Where, *, descending: bool) -> str:
    """What the `within` first rows of the window are, whatever else is asked.

    For each `probe_cc` their number `n` and the `edge`: the time of the last of them.
    """
    return f"""
SELECT probe_cc, count() AS n, {"min" if descending else "max"}(measurement_start_time) AS edge FROM (
    SELECT probe_cc, measurement_start_time FROM fastpath WHERE {where.window}
    ORDER BY measurement_start_time {"DESC" if descending else "ASC"} LIMIT {{within:UInt64}}
)
GROUP BY probe_cc
"""  # noqa: S608 - text of this module; values are parameters


def edge(where: Where, *, descending: bool, dense: bool) -> str:
    """How far it is to `candidates` matches: `edge`, and how many there are: `n`.

    They are looked for among the `within` first rows, unless nearly all agree (`dense`).
    """
    order, outermost = ("DESC", "min") if descending else ("ASC", "max")
    read = ", ".join(sorted({*where.columns, "measurement_start_time"}))
    # Text of this module and names of closed sets; values are parameters.
    first = f"""(
        SELECT {read} FROM fastpath WHERE {where.window}
        ORDER BY measurement_start_time {order} LIMIT {{within:UInt64}}
    )"""  # noqa: S608
    return f"""
SELECT {outermost}(measurement_start_time) AS edge, count() AS n FROM (
    SELECT measurement_start_time FROM {"fastpath" if dense else first} WHERE {where.sql}
    {f"ORDER BY measurement_start_time {order}" if dense else ""} LIMIT {{candidates:UInt64}}
)
"""  # noqa: S608


def near(where: Where, columns: Sequence[Column], *, descending: bool, dense: bool) -> str:
    """A page that lies within `edge`, a parameter. `dense`: nearly all that lies there agrees."""
    bound = _up_to_the_edge(descending=descending)
    if dense:
        return _latest(where, columns, f"{where.window} AND {bound}", descending=descending)
    matching = f"SELECT measurement_start_time, measurement_uid FROM fastpath WHERE {where.sql} AND {bound}"  # noqa: S608
    found = f"(measurement_start_time, measurement_uid) IN ({matching})"
    return _latest(where, columns, f"{where.window} AND {bound} AND {found}", descending=descending)


def candidates(where: Where, *, descending: bool) -> str:
    """The first `candidates` matches in `fastpath_axes`, as `at` and `uid_hash`."""
    return _candidates(where, "measurement_start_time AS at, uid_hash", descending=descending)


def chosen(where: Where, columns: Sequence[Column], *, descending: bool) -> str:
    """A page of what `candidates` gave, its parameters `times` and `hashes`."""
    times, hashes = "{times:Array(DateTime('UTC'))}", "{hashes:Array(UInt64)}"
    return _latest(where, columns, _at(times, hashes), descending=descending)


def far(where: Where, columns: Sequence[Column], *, descending: bool) -> str:
    """A page from anywhere in the window. Takes the parameter `candidates`."""
    if has_axes(where):
        names = ("measurement_start_time", "uid_hash")
        times, hashes = (_candidates(where, name, descending=descending) for name in names)
        return _latest(where, columns, _at(times, hashes), descending=descending)
    matching = f"SELECT measurement_start_time, measurement_uid FROM fastpath WHERE {where.sql}"  # noqa: S608
    found = f"(measurement_start_time, measurement_uid) IN ({matching})"
    return _latest(where, columns, found, descending=descending)


def has_axes(where: Where) -> bool:
    """Whether all that is asked about is in `fastpath_axes`."""
    return where.columns <= AXES_COLUMNS


def exported(page: str) -> str:
    """A page of `EXPORTED` as a table: with the names, types and values that a reader of files expects.

    Takes the further parameter `raw_url`: where bodies are, up to the uid.
    """
    return f"""
SELECT
    page.measurement_uid AS measurement_uid,
    page.report_id AS report_id,
    toDateTime64(page.measurement_start_time, 6, 'UTC') AS measurement_start_time,
    toString(page.probe_cc) AS probe_cc,
    concat('AS', toString(page.probe_asn)) AS probe_asn,
    toString(page.test_name) AS test_name,
    nullIf(page.input, '') AS input,
    CAST(page.anomaly = 't' AS Bool) AS anomaly,
    CAST(page.confirmed = 't' AS Bool) AS confirmed,
    CAST(page.msm_failure = 't' AS Bool) AS failure,
    transform(toString(page.is_verified), ['t', 'f'], ['verified', 'failed'], 'unverified')
        AS verification_status,
    page.scores AS scores,
    concat({{raw_url:String}}, '?measurement_uid=', encodeURLComponent(page.measurement_uid))
        AS measurement_url
FROM ({page}) AS page
"""  # noqa: S608


def _up_to_the_edge(*, descending: bool) -> str:
    return f"measurement_start_time {'>=' if descending else '<='} {{edge:DateTime('UTC')}}"


def _at(times: str, hashes: str) -> str:
    # The times lead along the key; the hashes leave out what else was measured then.
    return f"measurement_start_time IN ({times}) AND sipHash64(measurement_uid) IN ({hashes})"


def _candidates(where: Where, read: str, *, descending: bool) -> str:
    # Ties at the end are candidates too, so that different columns are those of the same rows.
    order = "DESC" if descending else "ASC"
    return (
        f"SELECT {read} FROM fastpath_axes WHERE {where.sql}"  # noqa: S608
        f" ORDER BY measurement_start_time {order} LIMIT {{candidates:UInt64}} WITH TIES"
    )


def _latest(where: Where, columns: Sequence[Column], found: str, *, descending: bool) -> str:
    """A page of the latest versions of what is `found`. Takes the parameters `limit` and `offset`."""
    assert COLUMNS.issuperset(columns)
    order = "DESC" if descending else "ASC"
    read = ", ".join(sorted({*columns, *where.columns, "measurement_start_time", "measurement_uid"}))
    return f"""
SELECT {", ".join(columns)} FROM (
    SELECT {read} FROM fastpath
    WHERE {found}
    ORDER BY update_time DESC LIMIT 1 BY measurement_uid
)
WHERE {where.sql}
ORDER BY measurement_start_time {order}, measurement_uid {order}
LIMIT {{limit:UInt64}} OFFSET {{offset:UInt64}}
"""  # noqa: S608
