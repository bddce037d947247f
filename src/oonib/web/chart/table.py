"""The counts as a table: which rows, in which order, and where their figures lead. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oonib.web.chart import linking
from oonib.web.chart.asked import TIME, Asked
from oonib.web.charts.scales import Grain

MOST = 100
"""Rows of the page; all of them are in the CSV."""

COUNTS = tuple(linking.FLAGS)


@dataclass(frozen=True, slots=True)
class Line:
    """A row. `links`: for each count the search for its measurements, empty where there is none."""

    values: tuple[Any, ...]
    counts: tuple[int, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of so many."""

    axes: tuple[str, ...]
    lines: list[Line]
    total: int


def table(asked: Asked, grain: Grain | None, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Newest first where time is an axis, and with most measurements first."""
    axes = tuple(sorted(filter(None, (asked.axis_x, asked.axis_y)), key=lambda axis: axis != TIME))
    ordered = sorted(rows, key=lambda row: row["measurement_count"], reverse=True)
    if TIME in axes:
        ordered.sort(key=lambda row: str(row[TIME]), reverse=True)
    links = linking.Links(asked)
    return Table(axes, [_line(links, grain, axes, row) for row in ordered[:MOST]], len(rows))


def _line(links: linking.Links, grain: Grain | None, axes: tuple[str, ...], row: Mapping[str, Any]) -> Line:
    values = {axis: row[axis] for axis in axes}
    counts = tuple(int(row[name]) for name in COUNTS)
    behind = links.search(values, grain)
    addresses = [
        linking.counted(behind, name) if count else "" for name, count in zip(COUNTS, counts, strict=True)
    ]
    return Line(tuple(values.values()), counts, tuple(addresses))
