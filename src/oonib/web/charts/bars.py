"""Counts over time as stacked bars, of one thing or of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oonib.web.charts.drawing import Box, Chart, Frame, Group, Label, Part, Rule, Words
from oonib.web.charts.scales import Grain, buckets, date_ticks, round_ticks, short
from oonib.web.charts.series import OUTCOMES, Series, told

WIDTH = 760
_LEFT, _RIGHT = 58, 8
_FOOT = 22
_LABEL_FORMS = {"hour": "%Y-%m-%d %H:00", "month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True, slots=True)
class Point:
    """The counts of the interval that begins at `at`, in the order of the series."""

    at: datetime
    counts: tuple[int, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several charts over the same time."""

    label: Words
    points: Sequence[Point]
    href: str = ""


def bars(
    points: Sequence[Point],
    grain: Grain,
    frame: Frame,
    *,
    series: Sequence[Series] = OUTCOMES,
    since: datetime | None = None,
    until: datetime | None = None,
    width: int = WIDTH,
    height: int = 240,
    name: str = "chart",
) -> Chart:
    """Stacked bars. Intervals without a point are empty; `since` and `until` (excluded) widen the axis."""
    starts = _starts(points, grain, since, until)
    parts = _panel(points, starts, grain, series, (0, 8, width, height - _FOOT - 8))
    parts += _dates(starts, grain, width, height - _FOOT)
    return Chart(frame, width, height, tuple(parts), tuple(one.key for one in series), name)


def multiples(
    panels: Sequence[Panel],
    grain: Grain,
    frame: Frame,
    *,
    series: Sequence[Series] = OUTCOMES,
    since: datetime | None = None,
    until: datetime | None = None,
    width: int = WIDTH,
    row: int = 86,
    name: str = "chart",
) -> Chart:
    """The same for several things, one above the other over one axis of time, each with its own scale."""
    every = [point for panel in panels for point in panel.points]
    starts = _starts(every, grain, since, until)
    parts: list[Part] = []
    for number, panel in enumerate(panels):
        top = number * row
        label = Label(_LEFT, top + 13, panel.label, "ink", bold=True, longest=width - _LEFT)
        parts.append(Group((label,), href=panel.href))
        parts += _panel(panel.points, starts, grain, series, (0, top + 20, width, row - 28), about=2)
    height = len(panels) * row + _FOOT
    parts += _dates(starts, grain, width, height - _FOOT - 2)
    return Chart(frame, width, height, tuple(parts), tuple(one.key for one in series), name)


def _starts(
    points: Sequence[Point], grain: Grain, since: datetime | None, until: datetime | None
) -> list[datetime]:
    times = [point.at for point in points]
    first = min([*times, *([since] if since else [])], default=None)
    if first is None:
        return []
    last = max(times, default=first)
    starts = list(buckets(first, max(last, until or last), grain))
    if until is not None and len(starts) > 1 and starts[-1] >= until and starts[-1] > last:
        starts.pop()
    return starts


def _panel(
    points: Sequence[Point],
    starts: list[datetime],
    grain: Grain,
    series: Sequence[Series],
    area: tuple[float, float, float, float],
    *,
    about: int = 4,
) -> list[Part]:
    left, top, width, height = area
    ticks = round_ticks(max((sum(point.counts) for point in points), default=0), about)
    parts: list[Part] = []
    for tick in ticks:
        y = top + height - height * tick / ticks[-1]
        parts.append(Rule(left + _LEFT, y, left + width - _RIGHT, y))
        parts.append(Label(left + _LEFT - 7, y + 4, short(tick), size=11, anchor="end"))
    step = (width - _LEFT - _RIGHT) / max(1, len(starts))
    place = {start: number for number, start in enumerate(starts)}
    for point in points:
        x = left + _LEFT + place[point.at] * step
        stack = _stack(point, series, (x, top, step, height), ticks[-1])
        label = point.at.strftime(_LABEL_FORMS.get(grain, "%Y-%m-%d"))
        parts.append(Group(tuple(stack), told(label, point.counts, series), point.href))
    return parts


def _stack(
    point: Point, series: Sequence[Series], area: tuple[float, float, float, float], most: float
) -> list[Part]:
    x, top, step, height = area
    gap = min(3.0, step * 0.18)
    # The whole column answers to the mouse, not just the few pixels of a small bar.
    stack: list[Part] = [Box(x, top, step, height, "none")]
    bottom = top + height
    for count, one in zip(point.counts, series, strict=True):
        if count:
            tall = max(1.0, height * count / most)
            bottom -= tall
            stack.append(Box(x + gap / 2, bottom, step - gap, tall, one.tone))
    return stack


def _dates(starts: list[datetime], grain: Grain, width: float, y: float) -> list[Part]:
    step = (width - _LEFT - _RIGHT) / max(1, len(starts))
    parts: list[Part] = []
    for number, label in date_ticks(starts, grain):
        x = _LEFT + number * step + step / 2
        parts.append(Rule(x, y, x, y + 4, "soft"))
        end = x > width - 40
        parts.append(Label(width if end else x, y + 17, label, size=11, anchor="end" if end else "middle"))
    return parts
