"""Counts that pages do not wait for: patience, what is kept, how much is asked at once."""

import threading
import time
from typing import Any, cast

import pytest

from oonib.errors import Unavailable
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted
from oonib.warehouse.client import Summary
from oonib.web.counts import Counts


class Slow:
    """Counts once it is let go; remembers what it was asked."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[Any] = []
        self.error: Exception | None = None

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What was asked."""
        self.asked.append(asked.probe_cc)
        return cast("Aggregation", asked)

    def count(self, _aggregation: Aggregation) -> Counted:
        """One row."""
        assert self.go.wait(30)
        if self.error is not None:
            raise self.error
        return Counted(("n",), [(len(self.asked),)], None, Summary())


def question(cc: str) -> dict[str, Any]:
    return {"probe_cc": [cc]}


def test_a_page_goes_on_without_what_takes_long_and_the_next_one_has_it() -> None:
    slow = Slow()
    counts = Counts(slow, patience=0.05)
    started = time.monotonic()
    assert counts.get([question("IR"), question("BR")]) == [None, None]
    assert time.monotonic() - started < 20
    slow.go.set()
    assert Counts.get(_patient(counts), [question("IR")])[0] is not None
    assert len(slow.asked) == 2


def _patient(counts: Counts) -> Counts:
    counts._patience = 30.0
    return counts


def test_what_is_asked_before_is_not_asked_again() -> None:
    slow = Slow()
    slow.go.set()
    now = 0.0
    counts = Counts(slow, patience=30.0, clock=lambda: now)
    counts.ask([question("IR")])
    assert [counts.get([question("IR")]), counts.get([question("IR")])] == [[[{"n": 1}]]] * 2
    assert len(slow.asked) == 1
    now = 61.0
    assert counts.get([question("IR")]) == [[{"n": 2}]]


def test_few_are_asked_at_once() -> None:
    slow = Slow()
    counts = Counts(slow, patience=0.05)
    assert counts.get([question(f"A{letter}") for letter in "ABCDEFGH"]) == [None] * 8
    assert len(slow.asked) <= 4
    slow.go.set()


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("odd")])
def test_what_fails_is_not_counted(error: Exception) -> None:
    slow = Slow()
    slow.error = error
    slow.go.set()
    assert Counts(slow, patience=30.0).get([question("IR")]) == [None]


def test_parameters_that_are_refused_are_not_counted() -> None:
    assert Counts(Slow(), patience=30.0).get([{"probe_cc": ["\0"]}]) == [None]
