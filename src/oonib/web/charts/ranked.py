"""Counts of things as lying bars, in the order in which they are given."""

from collections.abc import Sequence
from dataclasses import dataclass

from oonib.web.charts.drawing import Box, Chart, Frame, Group, Label, Part, Rule, Words
from oonib.web.charts.scales import round_ticks, short
from oonib.web.charts.series import OUTCOMES, Series, number, told

_WIDTH = 760
_LABELS, _NUMBERS = 220, 74
_ROW = 24
_FOOT = 20


@dataclass(frozen=True, slots=True)
class Rank:
    """A thing and its counts, in the order of the series."""

    label: Words
    counts: tuple[int, ...]
    href: str = ""


def ranked(
    ranks: Sequence[Rank],
    frame: Frame,
    *,
    series: Sequence[Series] = OUTCOMES,
    width: int = _WIDTH,
    name: str = "chart",
) -> Chart:
    """A lying stacked bar for each; the sum stands behind it."""
    ticks = round_ticks(max((sum(rank.counts) for rank in ranks), default=0))
    room = width - _LABELS - _NUMBERS
    foot = len(ranks) * _ROW + 4
    parts: list[Part] = []
    for tick in ticks:
        x = _LABELS + room * tick / ticks[-1]
        parts.append(Rule(x, 0, x, foot))
        parts.append(Label(x, foot + 15, short(tick), size=11, anchor="middle"))
    for place, rank in enumerate(ranks):
        row = _row(rank, place * _ROW, series, room / ticks[-1])
        parts.append(Group(tuple(row), told(rank.label, rank.counts, series), rank.href))
    keys = tuple(one.key for one in series) if len(series) > 1 else ()
    return Chart(frame, width, foot + _FOOT, tuple(parts), keys, name)


def _row(rank: Rank, top: float, series: Sequence[Series], scale: float) -> list[Part]:
    parts: list[Part] = [
        Box(0, top, _LABELS, _ROW, "none"),
        Label(_LABELS - 8, top + 17, rank.label, "ink", anchor="end", longest=_LABELS - 12),
    ]
    x = float(_LABELS)
    for count, one in zip(rank.counts, series, strict=True):
        if count:
            wide = max(1.0, count * scale)
            parts.append(Box(x, top + 4, wide, _ROW - 7, one.tone))
            x += wide
    parts.append(Label(x + 6, top + 17, number(sum(rank.counts)), size=11))
    return parts
