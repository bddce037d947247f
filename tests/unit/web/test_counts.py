"""Counts that pages do not wait for: what is counted, and what a page does without."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from oonib.errors import Unavailable
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted
from oonib.warehouse.client import Summary
from oonib.web.counts import Counts, count


class Counter:
    """Counts how often it is asked; there may be more groups than it gives at first."""

    def __init__(self, *, more: bool = False, error: Exception | None = None) -> None:
        self.asked: list[Any] = []
        self.more = (row for row in [(0,)]) if more else None
        self.error = error

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What was asked."""
        self.asked.append(asked.probe_cc)
        return cast("Aggregation", asked)

    def count(self, _aggregation: Aggregation) -> Counted:
        """One row."""
        if self.error is not None:
            raise self.error
        rest = cast("Iterator[Any] | None", self.more)
        return Counted(("n",), [(len(self.asked),)], rest, Summary())


def question(cc: str) -> dict[str, Any]:
    return {"probe_cc": [cc]}


def test_counts_are_kept_for_a_minute() -> None:
    counter = Counter()
    now = 0.0
    counts = Counts(counter, patience=30.0, clock=lambda: now)
    counts.ask([question("IR")])
    assert [counts.get([question("IR")]), counts.get([question("IR")])] == [[[{"n": 1}]]] * 2
    assert len(counter.asked) == 1
    now = 61.0
    assert counts.get([question("IR")]) == [[{"n": 2}]], "older ones are not shown"


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("odd")])
def test_what_fails_is_not_counted(error: Exception) -> None:
    assert Counts(Counter(error=error), patience=30.0).get([question("IR")]) == [None]


def test_parameters_that_are_refused_are_not_counted() -> None:
    assert Counts(Counter(), patience=30.0).get([{"probe_cc": ["\0"]}]) == [None]


def test_more_groups_than_a_page_can_list_are_not_shown_and_not_read() -> None:
    counter = Counter(more=True)
    assert Counts(counter, patience=30.0).get([question("IR")]) == [None]
    assert list(cast("Iterator[Any]", counter.more)) == []
    assert count(Counter(more=True), question("IR")) == ([{"n": 1}], False)
