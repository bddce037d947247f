"""What the page of a chart says. Knows no HTTP; the counts are those of the aggregation API.

What is wrong with the parameters stands in the page, beside the form; so does a database that is away.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from oonib.errors import BadRequest, Invalid, OonibError, Timeout, Unavailable
from oonib.measurements.aggregation.reading import Aggregation, EqualAxes
from oonib.measurements.aggregation.schema import AggregationParameters, Grain
from oonib.measurements.aggregation.service import AGGREGATION_PATH, AggregationService
from oonib.measurements.formats import as_csv, in_pieces
from oonib.web.chart import words
from oonib.web.chart.asked import TIME, Asked, read_asked
from oonib.web.chart.picturing import Picture, picture
from oonib.web.chart.recent import Recent
from oonib.web.charts import Frame, Words
from oonib.web.frame.said import Said, said

_MOST_GROUPS = 20_000
_SETTLED_AGE, _FRESH_AGE = 86_400, 60
_STATUS: tuple[tuple[type[OonibError], int], ...] = (
    (Invalid, 422),
    (BadRequest, 400),
    (Unavailable, 503),
    (Timeout, 504),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no chart. `name`: the parameter that is wrong, where it is one."""

    name: str
    says: Words
    status: int


@dataclass(frozen=True, slots=True)
class Counted:
    """An answered question. `rows`: every group, each axis and count by its name."""

    grain: Grain | None
    rows: Sequence[Mapping[str, Any]]
    picture: Picture | None
    max_age: int


@dataclass(frozen=True, slots=True)
class Mat:
    """A question, and its answer or why there is none."""

    asked: Asked
    at: datetime
    title: Said
    frame: Frame
    counted: Counted | None = None
    problem: Problem | None = None

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.counted.rows) if self.counted is not None else 0


class ChartService:
    """Draws what is counted. `clock`: the time, aware."""

    def __init__(
        self, aggregation: AggregationService, *, base_url: str, clock: Callable[[], datetime]
    ) -> None:
        self._aggregation = aggregation
        self.base_url = base_url
        self._clock = clock
        self._recent: Recent[Mat] = Recent(clock)

    def mat(self, given: Sequence[tuple[str, str]]) -> Mat:
        """The chart that an address asks for, at most a minute old."""
        now = self._clock()
        asked = read_asked(given, now.date())
        key = tuple(asked.pairs())
        drawn = self._recent.get(key)
        if drawn is not None:
            return drawn
        try:
            meant = self._read(asked)
            title = words.title(asked, meant.grain)
            frame = self._frame(asked, title, now)
            counted = self._count(asked, meant, frame)
            made = Mat(asked, now, title, frame, counted=counted)
            self._recent.keep(key, made)
            return made
        except _Wrong as wrong:
            problem = wrong.problem
        except OonibError as exc:
            status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 500)
            problem = Problem("", exc.message, status)
        title = words.title(asked, None)
        return Mat(asked, now, title, self._frame(asked, title, now), problem=problem)

    def csv(self, given: Sequence[tuple[str, str]]) -> Iterator[bytes]:
        """Every group as a table, as the API writes it. Raises `OonibError` kinds before it begins."""
        asked = read_asked(given, self._clock().date())
        try:
            counted = self._aggregation.count(self._read(asked))
        except _Wrong as wrong:
            raise BadRequest(str(wrong.problem.says)) from None
        order = sorted(range(len(counted.columns)), key=counted.columns.__getitem__)
        rows = ([row[place] for place in order] for row in chain(counted.rows, counted.rest or ()))
        return in_pieces(as_csv([counted.columns[place] for place in order], rows))

    def _read(self, asked: Asked) -> Aggregation:
        given: dict[str, Any] = {}
        for name, value in asked.pairs():
            given[name] = [*given[name], value] if name in given else [value]
        for name in ("since", "until", "axis_x", "axis_y", "time_grain"):
            if name in given:
                given[name] = given[name][0]
        try:
            return self._aggregation.read(AggregationParameters.model_validate(given))
        except ValidationError as exc:
            raise _Wrong(_told(exc)) from None
        except EqualAxes:
            raise _Wrong(Problem("axis_y", said("Choose two different axes."), 400)) from None

    def _count(self, asked: Asked, meant: Aggregation, frame: Frame) -> Counted:
        found = self._aggregation.count(meant)
        held = [*found.rows, *islice(found.rest or (), _MOST_GROUPS)]
        if len(held) > _MOST_GROUPS:
            if found.rest is not None:
                found.rest.close()  # type: ignore[attr-defined]
            raise _Wrong(
                Problem(
                    "", said("There are too many groups to draw. Add a filter, or take them as CSV."), 400
                )
            )
        rows = [dict(zip(found.columns, row, strict=True)) for row in held]
        max_age = _SETTLED_AGE if self._aggregation.is_settled(meant) else _FRESH_AGE
        return Counted(meant.grain, rows, picture(asked, meant.grain, rows, frame, self._clock()), max_age)

    def _frame(self, asked: Asked, title: Said, now: datetime) -> Frame:
        source = said(
            "Source: %(address)s, retrieved %(when)s",
            address=self.base_url + AGGREGATION_PATH,
            when=f"{now:%Y-%m-%d %H:%M} UTC",
        )
        note = said("Numbers of measurements by outcome. The table has the same figures.")
        return Frame(title, note, words.subtitle(asked), source)


class _Wrong(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def _told(exc: ValidationError) -> Problem:
    first = exc.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name in ("since", "until"):
        return Problem(name, said("This is not a date. Write it as 2026-03-02."), 422)
    if name == "time_grain":
        return Problem(name, said("Choose one of the lengths of time."), 422)
    return Problem(name, first["msg"].removeprefix("Value error, "), 422)


def axes_of(asked: Asked) -> list[str]:
    """The axes by name, time first."""
    axes = [axis for axis in (asked.axis_x, asked.axis_y) if axis]
    return sorted(axes, key=lambda axis: axis != TIME)
