"""Rankings that are worked out once for all who wait, and never waited for when they cannot be had."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait

import pytest

from oonib.checkin.prioritisation.ranking import Ranking
from oonib.checkin.prioritisation.rankings import Rankings
from oonib.checkin.prioritisation.store import Network
from oonib.warehouse.errors import WarehouseUnavailable

from support.processes import wait_until


class Loads:
    """A source of rankings that can be held back, and that fails when told to."""

    def __init__(self) -> None:
        self.rounds: list[list[Network]] = []
        self.edition = object()
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, networks: Sequence[Network]) -> tuple[Mapping[Network, Ranking], object]:
        edition = self.edition
        self.rounds.append(list(networks))
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return {network: Ranking((), network[1]) for network in networks}, edition


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def rankings(loads: Loads) -> Iterator[Rankings]:
    made = Rankings(loads, lambda: loads.edition, life=60.0, most=3)
    yield made
    loads.gate.set()
    made.close()


def result(future: Future[Ranking | None] | None) -> Ranking | None:
    assert future is not None
    return future.result(10)


def test_a_stampede_asks_once(rankings: Rankings, loads: Loads) -> None:
    loads.gate.clear()
    first = rankings.ask(("IT", 1))
    wait_until(lambda: loads.rounds, what="the first round")
    rest = [rankings.ask(("IT", n % 5)) for n in range(1000)]
    loads.gate.set()
    assert all(result(future) is not None for future in [first, *rest])
    assert loads.rounds == [[("IT", 1)], [("IT", 0), ("IT", 1), ("IT", 2), ("IT", 3), ("IT", 4)]]


def test_it_is_ready_until_its_edition_changes(rankings: Rankings, loads: Loads) -> None:
    assert rankings.ready(("IT", 7)) is None
    assert result(rankings.ask(("IT", 7))) == Ranking((), 7)
    assert rankings.ready(("IT", 7)) == Ranking((), 7)
    loads.edition = object()
    assert rankings.ready(("IT", 7)) is None


def test_it_is_ready_for_its_life_only(loads: Loads) -> None:
    now = [100.0]
    rankings = Rankings(loads, lambda: loads.edition, life=1.0, clock=lambda: now[0])
    assert result(rankings.ask(("IT", 7))) is not None
    now[0] += 0.9
    assert rankings.ready(("IT", 7)) is not None
    now[0] += 0.2
    assert rankings.ready(("IT", 7)) is None
    rankings.close()


def test_no_more_are_kept_than_there_is_room_for(rankings: Rankings) -> None:
    for asn in range(10):
        result(rankings.ask(("IT", asn)))
    assert [asn for asn in range(10) if rankings.ready(("IT", asn))] == [7, 8, 9]


@pytest.mark.parametrize("error", [WarehouseUnavailable(None, "away"), ZeroDivisionError("a defect")])
def test_failure_answers_everybody_at_once_and_rests(
    rankings: Rankings, loads: Loads, error: Exception
) -> None:
    loads.error = error
    loads.gate.clear()
    first = rankings.ask(("IT", 1))
    wait_until(lambda: loads.rounds, what="the first round")
    second = rankings.ask(("IT", 2))
    loads.gate.set()
    assert result(first) is None
    assert result(second) is None
    assert result(rankings.ask(("IT", 3))) is None
    assert loads.rounds == [[("IT", 1)]]
    loads.error = None
    wait_until(lambda: result(rankings.ask(("IT", 3))), what="a ranking after the rest")


def test_nobody_waits_behind_a_round_that_hangs(loads: Loads) -> None:
    now = [100.0]
    rankings = Rankings(loads, lambda: loads.edition, clock=lambda: now[0])
    loads.gate.clear()
    stuck = rankings.ask(("IT", 1))
    wait_until(lambda: loads.rounds, what="the first round")
    now[0] += 1.5
    started = time.monotonic()
    assert result(rankings.ask(("IT", 2))) is None
    assert time.monotonic() - started < 1
    loads.gate.set()
    assert result(stuck) is not None
    rankings.close()


def test_closing_lets_everybody_go(rankings: Rankings, loads: Loads) -> None:
    loads.gate.clear()
    rankings.ask(("IT", 1))
    wait_until(lambda: loads.rounds, what="the first round")
    waiting = rankings.ask(("IT", 2))
    rankings.close()
    assert result(waiting) is None
    assert result(rankings.ask(("IT", 3))) is None


def test_beyond_a_round_nobody_is_kept_waiting(rankings: Rankings, loads: Loads) -> None:
    loads.gate.clear()
    rankings.ask(("IT", 1000))
    wait_until(lambda: loads.rounds, what="the first round")
    futures = [rankings.ask(("IT", n)) for n in range(40)]
    assert [future is None for future in futures] == [False] * 32 + [True] * 8
    assert rankings.ask(("IT", 5)) is futures[5]
    loads.gate.set()
    assert all(result(future) is not None for future in futures[:32])


def test_any_number_of_threads(rankings: Rankings, loads: Loads) -> None:
    futures: list[Future[Ranking | None]] = []

    def ask() -> None:
        asked = (rankings.ask(("IT", n)) for n in range(200))
        futures.extend(future for future in asked if future is not None)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(futures) > 100
    done, late = wait(futures, 20)
    assert not late
    assert all(future.result() is not None for future in done)
    assert max(map(len, loads.rounds)) <= 32
