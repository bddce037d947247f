"""Counts that a page shows where they come in time, and does without where they do not.

Each question to the aggregation is one of the `Answers` that pages share.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from pydantic import ValidationError

from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted
from oonib.web.answers import Answers, Bounds, Wanted

Question = Mapping[str, Any]
"""Parameters of the aggregation API."""

Rows = list[dict[str, Any]]


class Counting(Protocol):
    """Who counts measurements."""

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What is meant."""

    def count(self, aggregation: Aggregation) -> Counted:
        """The counts."""


def count(aggregation: Counting, question: Question) -> tuple[Rows, bool]:
    """The first groups, and whether these are all. Raises `ValidationError` and kinds of `OonibError`."""
    found = aggregation.count(aggregation.read(AggregationParameters.model_validate(question)))
    if found.rest is not None:
        # More groups than a page can list.
        found.rest.close()  # type: ignore[attr-defined]
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows], found.rest is None


def key_of(question: Question) -> str:
    """The same for the same question."""
    return repr(sorted(question.items()))


class Counts:
    """Asks `aggregation`. `patience`: seconds that a page waits for all its questions together."""

    def __init__(
        self,
        aggregation: Counting,
        *,
        patience: float = 0.15,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aggregation = aggregation
        bounds = Bounds(kept=512, at_once=4, patience=patience, fresh=60.0, oldest=60.0, failed=5.0)
        self._answers = Answers("counts", bounds, clock)

    def ask(self, questions: Sequence[Question]) -> None:
        """Begin to look, so that the answers come while a page does something else."""
        self._answers.ask(map(self._wanted, questions))

    def get(self, questions: Sequence[Question]) -> list[Rows | None]:
        """The rows of each answer; None for what cannot be counted, or not in time."""
        return self._answers.get(map(self._wanted, questions))

    def _wanted(self, question: Question) -> Wanted:
        return key_of(question), partial(self._count, question)

    def _count(self, question: Question) -> Rows | None:
        try:
            rows, whole = count(self._aggregation, question)
        except ValidationError:
            return None
        return rows if whole else None
