"""The cache of statistics: made once, kept as long as it cost, bounded, and there when ClickHouse is not."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from oonib.errors import Timeout, Unavailable
from oonib.measurements.statistics import cache as module
from oonib.measurements.statistics.cache import Answer, AnswerCache


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> Iterator[AnswerCache]:
    cache = AnswerCache(clock=clock, most_bytes=10_000)
    yield cache
    cache.close()


def ask(cache: AnswerCache, make: Callable[[], bytes], *, key: object = "key", max_age: int = 3600) -> Answer:
    return asyncio.run(cache.answer(key, max_age, make))


def counting(clock: Clock, cost: float) -> tuple[list[int], Callable[[], bytes]]:
    made: list[int] = []

    def make() -> bytes:
        clock.now += cost
        made.append(len(made))
        return b"%d" % made[-1]

    return made, make


@pytest.mark.parametrize(
    ("cost", "max_age", "life"), [(0.0, 3600, 1.0), (0.1, 3600, 20.0), (100.0, 3600, 3600.0), (0.1, 1, 1.0)]
)
def test_an_answer_lives_as_long_as_it_cost(
    cache: AnswerCache, clock: Clock, cost: float, max_age: int, life: float
) -> None:
    made, make = counting(clock, cost)
    started = clock.now
    ask(cache, make, max_age=max_age)
    clock.now = started + life - 0.01
    assert ask(cache, make, max_age=max_age) == Answer(b"0", max_age, int(life - 0.01))
    clock.now = started + life + 0.01
    ask(cache, make, max_age=max_age)
    assert len(made) == 2


def test_nothing_is_kept_that_may_not_be(cache: AnswerCache, clock: Clock) -> None:
    _, make = counting(clock, 5.0)
    assert [ask(cache, make, max_age=0).body for _ in range(3)] == [b"0", b"1", b"2"]
    assert not cache._kept


def test_many_who_ask_at_once_are_answered_by_one(cache: AnswerCache) -> None:
    made = []
    go_on = threading.Event()

    def make() -> bytes:
        made.append(1)
        go_on.wait(5)
        return b"x"

    async def all_of_them() -> list[Answer]:
        asked = [asyncio.create_task(cache.answer("key", 0, make)) for _ in range(50)]
        await asyncio.sleep(0.05)
        go_on.set()
        return await asyncio.gather(*asked)

    assert {answer.body for answer in asyncio.run(all_of_them())} == {b"x"}
    assert len(made) == 1


def test_who_goes_away_takes_the_answer_from_nobody(cache: AnswerCache) -> None:
    go_on = threading.Event()

    def make() -> bytes:
        go_on.wait(5)
        return b"x"

    async def one_leaves() -> Answer:
        first = asyncio.create_task(cache.answer("key", 60, make))
        second = asyncio.create_task(cache.answer("key", 60, make))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.sleep(0.02)
        go_on.set()
        return await second

    assert asyncio.run(one_leaves()).body == b"x"


def test_an_expensive_answer_is_given_while_the_next_is_made(cache: AnswerCache, clock: Clock) -> None:
    go_on = threading.Event()

    def first() -> bytes:
        clock.now += 2.0
        return b"old"

    def second() -> bytes:
        go_on.wait(5)
        return b"new"

    ask(cache, first)
    clock.now += 500.0
    assert ask(cache, second).body == b"old"
    go_on.set()
    deadline = time.monotonic() + 5
    while ask(cache, second).body != b"new":
        assert time.monotonic() < deadline


@pytest.mark.parametrize("problem", [Timeout("late"), Unavailable("away")])
def test_an_old_answer_is_better_than_none(cache: AnswerCache, clock: Clock, problem: Exception) -> None:
    def fails() -> bytes:
        raise problem

    ask(cache, lambda: b"old")
    clock.now += 1_000_000.0
    assert ask(cache, fails) == Answer(b"old", 0)
    with pytest.raises(type(problem)):
        ask(cache, fails, key="other")


def test_a_failure_is_not_kept(cache: AnswerCache) -> None:
    def fails() -> bytes:
        raise ValueError("a defect")

    for _ in range(2):
        with pytest.raises(ValueError, match="a defect"):
            ask(cache, fails)
    assert ask(cache, lambda: b"fine").body == b"fine"


def test_what_was_asked_for_longest_ago_makes_room(cache: AnswerCache) -> None:
    body = b"x" * 2000
    for number in range(3):
        ask(cache, lambda: body, key=number)
    ask(cache, lambda: b"other", key=0)
    ask(cache, lambda: body, key=3)
    assert list(cache._kept) == [2, 0, 3]
    ask(cache, lambda: b"x" * 20_000, key="larger than everything")
    assert cache._size <= 10_000
    assert not cache._kept


def test_too_many_different_questions(cache: AnswerCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAITING", 3)
    go_on = threading.Event()

    def make() -> bytes:
        go_on.wait(5)
        return b"x"

    async def ask_all() -> list[object]:
        asked = [asyncio.create_task(cache.answer(number, 60, make)) for number in range(5)]
        await asyncio.sleep(0.05)
        go_on.set()
        return list(await asyncio.gather(*asked, return_exceptions=True))

    found = asyncio.run(ask_all())
    assert sum(isinstance(one, Answer) for one in found) == 3
    assert sum(isinstance(one, Unavailable) for one in found) == 2


def test_nobody_waits_for_ever_and_the_next_one_has_it(clock: Clock) -> None:
    cache = AnswerCache(clock=clock, patience=0.05)
    go_on = threading.Event()

    def make() -> bytes:
        go_on.wait(5)
        return b"late"

    with pytest.raises(Timeout):
        ask(cache, make)
    go_on.set()
    deadline = time.monotonic() + 5
    while not cache._kept:
        assert time.monotonic() < deadline
    assert ask(cache, lambda: b"another").body == b"late"
    cache.close()


def test_the_end_waits_for_nothing(clock: Clock) -> None:
    cache = AnswerCache(clock=clock, patience=0.05)
    go_on = threading.Event()

    def make() -> bytes:
        go_on.wait(5)
        return b"x"

    for number in range(10):
        with pytest.raises(Timeout):
            ask(cache, make, key=number)
    cache.close()
    go_on.set()
    deadline = time.monotonic() + 5
    while cache._making:
        assert time.monotonic() < deadline
    assert len(cache._kept) == 4


def test_a_program_ends_while_an_answer_is_being_made() -> None:
    program = """
import asyncio, time
from oonib.errors import Timeout
from oonib.measurements.statistics.cache import AnswerCache

cache = AnswerCache(patience=0.1)
try:
    asyncio.run(cache.answer("key", 60, lambda: time.sleep(60)))
except Timeout:
    cache.close()
"""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert time.monotonic() - started < 30
