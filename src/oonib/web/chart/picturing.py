"""Which chart fits the axes: bars over time, one above the other, ranks, or a heat map. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from oonib.measurements.times import parse_time
from oonib.web.chart import linking
from oonib.web.chart.asked import TIME, Asked
from oonib.web.chart.words import value_name
from oonib.web.charts import Cell, Chart, Frame, Panel, Point, Rank, Words, bars, heat, multiples, ranked
from oonib.web.charts.scales import Grain, buckets, floor
from oonib.web.frame.said import Said, counted, said

Row = Mapping[str, object]
Counts = tuple[int, ...]

COUNTS = ("ok_count", "anomaly_count", "confirmed_count", "failure_count")
"""The counts of a row, in the order of the chart's outcomes."""

_GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month", "year")
_MOST_BARS = 400
_MOST_PANELS, _MOST_RANKS, _MOST_ROWS, _MOST_COLUMNS = 12, 30, 24, 14
_LEAST = 5
"""Measurements below which a share says nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, and what it leaves out."""

    chart: Chart
    notes: tuple[Said, ...] = ()


def picture(
    asked: Asked, grain: Grain | None, rows: Sequence[Row], frame: Frame, now: datetime
) -> Picture | None:
    """The chart of counts as they are `now`; None where there is nothing to draw."""
    axes = [axis for axis in (asked.axis_x, asked.axis_y) if axis]
    if not rows or not any(counts_of(row) != (0, 0, 0, 0) for row in rows):
        return None
    if TIME in axes and grain is not None:
        return _over_time(asked, grain, rows, frame, now)
    if len(axes) == 2:
        return _heat(asked, rows, frame, axes[0], axes[1])
    return _ranked(asked, rows, frame, axes)


def counts_of(row: Row) -> Counts:
    """The four outcomes."""
    return tuple(int(str(row[name])) for name in COUNTS)


def _over_time(asked: Asked, grain: Grain, rows: Sequence[Row], frame: Frame, now: datetime) -> Picture:
    since, until = parse_time(asked.since), parse_time(asked.until)
    starts = [linking.start_of(row[TIME]) for row in rows]
    links = linking.Links(asked)
    drawn = _coarse_enough(grain, min(starts), max(starts))
    notes = (
        [] if drawn == grain else [said("The picture is coarser than the table: there are too many bars.")]
    )
    # An open beginning would leave the picture empty for decades.
    first = max(since, min(starts)) if (min(starts) - since).days > 400 else since
    last = min(until, max(now, *starts))
    axis = next((axis for axis in (asked.axis_x, asked.axis_y) if axis not in ("", TIME)), None)
    if axis is None:
        points = _points(links, drawn, {}, rows)
        return Picture(bars(points, drawn, frame, since=first, until=last), tuple(notes))
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[axis]].append(row)
    order = _most(groups, lambda value: sum(sum(counts_of(row)) for row in groups[value]))
    panels = [
        Panel(
            value_name(axis, value),
            _points(links, drawn, {axis: value}, groups[value]),
            links.search({axis: value}, None),
        )
        for value in order[:_MOST_PANELS]
    ]
    notes += _left_out(len(order) - _MOST_PANELS)
    return Picture(multiples(panels, drawn, frame, since=first, until=last), tuple(notes))


def _coarse_enough(grain: Grain, first: datetime, last: datetime) -> Grain:
    return next((one for one in _GRAINS[_GRAINS.index(grain) :] if _fits(first, last, one)), "year")


def _fits(first: datetime, last: datetime, grain: Grain) -> bool:
    return sum(1 for _ in islice(buckets(first, last, grain), _MOST_BARS + 1)) <= _MOST_BARS


def _points(links: linking.Links, grain: Grain, fixed: Row, rows: Iterable[Row]) -> list[Point]:
    summed: dict[datetime, Counts] = {}
    for row in rows:
        start = floor(linking.start_of(row[TIME]), grain)
        before = summed.get(start)
        counts = counts_of(row)
        summed[start] = counts if before is None else tuple(map(sum, zip(before, counts, strict=True)))
    return [
        Point(start, counts, links.search({**fixed, TIME: start.isoformat()}, grain))
        for start, counts in sorted(summed.items())
    ]


def _ranked(asked: Asked, rows: Sequence[Row], frame: Frame, axes: list[str]) -> Picture:
    ordered = sorted(rows, key=lambda row: -sum(counts_of(row)))
    links = linking.Links(asked)
    ranks = []
    for row in ordered[:_MOST_RANKS]:
        values = {axis: row[axis] for axis in axes}
        label: Words = value_name(axes[0], row[axes[0]]) if axes else said("all")
        ranks.append(Rank(label, counts_of(row), links.search(values, None)))
    return Picture(ranked(ranks, frame), tuple(_left_out(len(rows) - _MOST_RANKS)))


def _heat(asked: Asked, rows: Sequence[Row], frame: Frame, x: str, y: str) -> Picture:
    sums: dict[str, dict[object, int]] = {x: defaultdict(int), y: defaultdict(int)}
    for row in rows:
        for axis in (x, y):
            sums[axis][row[axis]] += sum(counts_of(row))
    columns = _most(sums[x], sums[x].__getitem__)
    lines = _most(sums[y], sums[y].__getitem__)
    place_x = {value: number for number, value in enumerate(columns[:_MOST_COLUMNS])}
    place_y = {value: number for number, value in enumerate(lines[:_MOST_ROWS])}
    cells = []
    links = linking.Links(asked)
    for row in rows:
        if row[x] in place_x and row[y] in place_y:
            _, anomalies, confirmed, _ = counts = counts_of(row)
            href = links.search({x: row[x], y: row[y]}, None)
            part = anomalies + confirmed
            cells.append(Cell(place_x[row[x]], place_y[row[y]], part, sum(counts), href))
    chart = heat(
        [value_name(x, value) for value in place_x],
        [value_name(y, value) for value in place_y],
        cells,
        frame,
        least=_LEAST,
    )
    left = max(len(columns) - _MOST_COLUMNS, 0) + max(len(lines) - _MOST_ROWS, 0)
    share = said("The colour is the share of measurements with an anomaly or confirmed blocking.")
    return Picture(chart, (share, *_left_out(left)))


def _most(values: Iterable[object], weight: Callable[[object], int]) -> list[object]:
    """Values, those with most first; equal ones as they came."""
    return sorted(values, key=lambda value: -weight(value))


def _left_out(n: int) -> list[Said]:
    if n <= 0:
        return []
    return [counted("%(n)s more is in the table only.", "%(n)s more are in the table only.", n)]
