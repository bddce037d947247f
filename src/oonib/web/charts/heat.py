"""A share for each pair of two axes, as a table of coloured cells with their figures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oonib.web.charts.drawing import Box, Chart, Frame, Group, Key, Label, Part, Tip, Words
from oonib.web.charts.palette import BOUNDS, DARK_GROUND, LEVELS, Tone, level
from oonib.web.charts.series import number
from oonib.web.frame.said import said

_WIDTH = 760
_LABELS = 170
_TALLEST = 24
_NARROWEST_FIGURE = 24
_FLAT, _RISING = 20, 78
_WIDE, _NARROW = 72, 13
_BEYOND = 48


@dataclass(frozen=True, slots=True)
class Cell:
    """`part` of `whole` measurements at the x-th column of the y-th row."""

    x: int
    y: int
    part: int
    whole: int
    href: str = ""


def heat(
    columns: Sequence[Words],
    rows: Sequence[Words],
    cells: Iterable[Cell],
    frame: Frame,
    *,
    least: int = 1,
    width: int = _WIDTH,
    row: int = _TALLEST,
    name: str = "chart",
) -> Chart:
    """A cell for each pair; pairs without one are empty, those with fewer than `least` are pale."""
    step = (width - _LABELS) / max(1, len(columns))
    rising = _NARROW <= step < _WIDE
    if rising:
        # The names at the end rise beyond their columns.
        step = (width - _LABELS - _BEYOND) / len(columns)
    head = _RISING if rising else _FLAT
    parts: list[Part] = [*(_rising(columns, step) if rising else _flat(columns, step))]
    for place, label in enumerate(rows):
        y = head + place * row + row / 2 + 4
        parts.append(Label(_LABELS - 8, y, label, "ink", anchor="end", longest=_LABELS - 12))
    for cell in cells:
        area = (_LABELS + cell.x * step, head + cell.y * row, step, row)
        tip = _tip(columns[cell.x], rows[cell.y], cell)
        parts.append(Group(tuple(_cell(cell, area, least)), tip, cell.href))
    return Chart(frame, width, head + len(rows) * row + 4, tuple(parts), share_keys(least), name)


def share_keys(least: int = 1) -> tuple[Key, ...]:
    """The legend of the classes of a share."""
    ends = [f"{bound:.0%}" for bound in BOUNDS]
    words: list[Words] = [
        said("under %(share)s", share=ends[0]),
        *(said("%(low)s to %(high)s", low=low, high=high) for low, high in pairwise(ends)),
        said("%(share)s and more", share=ends[-1]),
    ]
    keys = [Key(tone, word) for tone, word in zip(LEVELS, words, strict=True)]
    return (*keys, Key("few", said("fewer than %(n)s measurements", n=least))) if least > 1 else tuple(keys)


def _flat(columns: Sequence[Words], step: float) -> Iterator[Part]:
    every = max(1, -(-_WIDE // max(1, int(step))))
    for place in range(0, len(columns), every):
        x = _LABELS + place * step + 1
        yield Label(x, _FLAT - 7, columns[place], size=11, longest=step * every - 5)


def _rising(columns: Sequence[Words], step: float) -> Iterator[Part]:
    for place, column in enumerate(columns):
        x = _LABELS + (place + 0.5) * step
        room = min(100.0, (_LABELS + len(columns) * step + _BEYOND - x) / 0.77)
        yield Label(x, _RISING - 6, column, size=11, longest=room, turned=True)


def _tip(column: Words, row: Words, cell: Cell) -> Tip:
    share = said("%(part)s of %(whole)s", part=number(cell.part), whole=number(cell.whole))
    return Tip(row, ((column, ""), (share, "")))


def _cell(cell: Cell, area: tuple[float, float, float, float], least: int) -> list[Part]:
    x, y, wide, tall = area
    few = cell.whole < max(1, least)
    share = 0.0 if few else cell.part / cell.whole
    tone: Tone = "few" if few else level(share)
    gap = min(1.5, wide * 0.2)
    parts: list[Part] = [Box(x, y, wide - gap, tall - 1.5, tone)]
    if wide >= _NARROWEST_FIGURE and not few and cell.part:
        ink: Tone = "on-dark" if tone in DARK_GROUND else "on-light"
        parts.append(Label(x + wide / 2, y + tall / 2 + 3, f"{share:.0%}", ink, size=10, anchor="middle"))
    return parts
