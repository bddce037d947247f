"""Answers that pages share: what is kept and for how long, patience, how much is looked for at once."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oonib.errors import Unavailable
from oonib.web.answers import Answers, Bounds, Load

KEPT, AT_ONCE = 20, 4


class Clock:
    """Shows the time that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end of the test, so that no thread outlives it."""
    event = threading.Event()
    yield event
    event.set()


def answers(patience: float = 30.0, clock: Callable[[], float] = time.monotonic) -> Answers:
    bounds = Bounds(kept=KEPT, at_once=AT_ONCE, patience=patience, fresh=30.0, oldest=300.0, failed=3.0)
    return Answers("tested", bounds, clock)


def counting() -> Load:
    """Answers 1, then 2, ..."""
    calls: list[int] = []

    def load() -> int:
        calls.append(1)
        return len(calls)

    return load


def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it does not come")


def test_answers_are_shared_kept_and_renewed() -> None:
    clock, load = Clock(), counting()
    kept = answers(clock=clock)
    wanted = [("key", load)]
    assert [kept.get(wanted), kept.get(wanted)] == [[1], [1]]
    clock.now = 40.0
    assert kept.get(wanted)[0] in (1, 2), "an older answer is shown while a newer one is looked for"
    until(lambda: kept.get(wanted) == [2])
    clock.now = 1000.0
    assert kept.get(wanted) == [3], "one that is too old is not"


def test_answers_come_in_the_order_of_what_is_wanted() -> None:
    wanted: list[tuple[int, Load]] = [(n, lambda n=n: n * n) for n in (3, 1, 2)]  # type: ignore[misc]
    assert answers().get(wanted) == [9, 1, 4]


def test_what_was_asked_before_is_not_looked_for_again() -> None:
    kept, load = answers(), counting()
    kept.ask([("key", load)])
    assert kept.get([("key", load)]) == [1]


def test_a_page_goes_on_without_what_takes_long_and_the_next_one_has_it(gate: threading.Event) -> None:
    kept = answers(patience=0.05)
    begun = time.monotonic()
    assert kept.get([("a", gate.wait), ("b", lambda: 1)])[0] is None
    assert time.monotonic() - begun < 20
    gate.set()
    until(lambda: kept.get([("a", gate.wait), ("b", lambda: 1)]) == [True, 1])


def test_patience_is_for_all_that_a_page_asks_for(gate: threading.Event) -> None:
    begun = time.monotonic()
    assert answers(patience=1.0).get([(n, gate.wait) for n in range(AT_ONCE)]) == [None] * AT_ONCE
    assert time.monotonic() - begun < 2.5


def test_only_the_first_visitor_waits_for_what_hangs(gate: threading.Event) -> None:
    kept = answers(patience=1.5)
    assert kept.get([("key", gate.wait)]) == [None]
    begun = time.monotonic()
    assert kept.get([("key", gate.wait)]) == [None]
    assert time.monotonic() - begun < 1.0


def test_what_was_asked_long_before_is_waited_for(gate: threading.Event) -> None:
    clock = Clock()
    kept = answers(clock=clock)
    kept.ask([("key", gate.wait)])
    clock.now = 60.0
    threading.Timer(0.1, gate.set).start()
    assert kept.get([("key", gate.wait)]) == [True]


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("odd"), None])
def test_what_fails_is_missing_and_tried_again_after_a_while(error: Exception | None) -> None:
    clock, tries = Clock(), counting()
    kept = answers(clock=clock)

    def load() -> Any:
        if tries() == 1 and error is not None:
            raise error
        return None

    def well() -> str:
        return "well"

    assert kept.get([("key", load), ("other", list)]) == [None, []]
    clock.now = 2.0
    assert kept.get([("key", well)]) == [None], "it is believed"
    clock.now = 4.0
    assert kept.get([("key", well)]) == ["well"]


def test_threads_are_bounded(gate: threading.Event) -> None:
    answers(patience=0.05).get([(n, gate.wait) for n in range(100)])
    running = [one for one in threading.enumerate() if one.name == "web-tested"]
    assert 0 < len(running) <= AT_ONCE
    gate.set()
    until(lambda: not [one for one in running if one.is_alive()])


def test_the_latest_are_kept() -> None:
    kept, load = answers(), counting()
    assert kept.get([("first", load)]) == [1]
    for n in range(KEPT - 1):
        kept.get([(n, lambda: 0)])
    assert kept.get([("first", load)]) == [1], "it is still there, and the latest now"
    for n in range(KEPT):
        kept.get([(-1 - n, lambda: 0)])
    assert kept.get([("first", load)]) == [2]
