"""The charts of places, from counts by day. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from oonib.measurements.places.judging import Tally, total_by_day
from oonib.measurements.places.service import InCountry
from oonib.web.chart.asked import TIME
from oonib.web.chart.linking import Links
from oonib.web.charts import Cell, Chart, Country, Frame, Point, Series, Words, bars, heat, spark
from oonib.web.charts.scales import Grain, floor, next_start
from oonib.web.frame.said import said
from oonib.web.places.asked import Period

_COUNTS = ("ok_count", "anomaly_count", "confirmed_count", "failure_count")
_MOST_ROWS = 24
_LEAST = 3
_DAILY = 31
_HALF = 540


def outcomes(days: Mapping[date, Sequence[int]], links: Links, during: Period, *, name: str) -> Chart:
    """Measurements by day and outcome."""
    points = [
        Point(_start(day), tuple(found), links.search({TIME: day.isoformat()}, "day"))
        for day, found in sorted(days.items())
    ]
    note = said("Numbers of measurements by outcome. The table has the same figures.")
    since, until = _axis(during)
    return bars(
        points,
        "day",
        Frame(said("Measurements by day"), note),
        since=since,
        until=until,
        height=190,
        name=name,
    )


def breadth(days: Mapping[date, int], during: Period, what: Words, *, name: str) -> Chart:
    """How many networks, or nettests, by day."""
    points = [Point(_start(day), (found,)) for day, found in sorted(days.items())]
    series = (Series("plain", what),)
    note = said("The table has the same figures.")
    since, until = _axis(during)
    return bars(
        points, "day", Frame(what, note), series=series, since=since, until=until, width=_HALF, height=120,
        name=name,
    )  # fmt: skip


def counted_days(rows: Sequence[Mapping[str, Any]]) -> dict[date, tuple[int, ...]]:
    """The four outcomes by day."""
    return {row["day"]: tuple(row[name] for name in _COUNTS) for row in rows}


def trend(days: Mapping[date, Tally], during: Period, title: Words, *, name: str) -> Chart:
    """The share of blocked measurements by day; days without measurements are gaps."""
    shares = [_share(days.get(day)) for day in during.window.days()]
    return spark(shares, title, most=1.0, width=150, name=name)


def _share(tally: Tally | None) -> float | None:
    return tally.share if tally is not None and tally.told else None


def worldwide(countries: Sequence[InCountry]) -> dict[date, tuple[int, ...]]:
    """The four outcomes by day, of all countries."""
    summed = total_by_day(one.days for one in countries)
    return {day: (tally.ok, tally.anomaly, tally.confirmed, tally.failure) for day, tally in summed.items()}


def by_country(
    countries: Sequence[InCountry], during: Period, search: Callable[[str], Links], *, name: str
) -> Chart | None:
    """The share of blocked measurements by country and day (week, in a long time); most blocked first."""
    grain: Grain = "day" if during.days <= _DAILY else "week"
    shown = sorted(countries, key=lambda one: (-one.counts.blocked, -one.counts.measured))[:_MOST_ROWS]
    columns = _columns(during, grain)
    place = {start: number for number, start in enumerate(columns)}
    cells = []
    for y, one in enumerate(shown):
        links = search(one.probe_cc)
        for start, tally in _in_grain(one.days, grain).items():
            href = links.search({TIME: start.date().isoformat()}, grain)
            cells.append(Cell(place[start], y, tally.blocked, tally.told, href))
    if not cells:
        return None
    title = said("Share of measurements that show blocking, by country and day")
    if grain == "week":
        title = said("Share of measurements that show blocking, by country and week")
    frame = Frame(title, said("Darker is more. The table has the countries' figures."))
    names: list[Words] = [Country(one.probe_cc) for one in shown]
    labels: list[Words] = [f"{start:%m-%d}" for start in columns]
    return heat(labels, names, cells, frame, least=_LEAST if during.days > _DAILY else 1, name=name)


def _in_grain(days: Mapping[date, Tally], grain: Grain) -> dict[datetime, Tally]:
    summed: dict[datetime, Tally] = {}
    for day, tally in days.items():
        start = floor(_start(day), grain)
        summed[start] = summed.get(start, Tally()) + tally
    return summed


def _columns(during: Period, grain: Grain) -> list[datetime]:
    start, end = floor(_start(during.window.first), grain), _start(during.window.end)
    columns = []
    while start < end:
        columns.append(start)
        start = next_start(start, grain)
    return columns


def _axis(during: Period) -> tuple[datetime, datetime]:
    return _start(during.window.first), _start(during.window.end)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
