"""A small line beside a word."""

from collections.abc import Iterator, Sequence

from oonib.web.charts.drawing import Box, Chart, Frame, Part, Shape, Words
from oonib.web.charts.palette import Tone


def spark(
    values: Sequence[float | None],
    title: Words,
    *,
    tone: Tone = "plain",
    most: float | None = None,
    width: int = 120,
    height: int = 28,
    name: str = "spark",
) -> Chart:
    """Values from left to right, 0 at the foot, `most` (default: the largest) at the top; None is a gap."""
    known = [value for value in values if value is not None]
    top = most or max(known, default=0) or 1
    step = (width - 4) / max(1, len(values) - 1)
    parts: list[Part] = []
    for run in _runs(values):
        places = [
            (2 + number * step, height - 3 - (height - 6) * min(1.0, value / top)) for number, value in run
        ]
        if len(places) == 1:
            x, y = places[0]
            parts.append(Box(x - 1.5, y - 1.5, 3, 3, tone))
        else:
            d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(Shape(d, tone, stroke=1.6))
    return Chart(Frame(title), width, height, tuple(parts), name=name, shrinks=True)


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run
