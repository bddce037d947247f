"""How many queries run at a time."""

import threading
import time

import pytest

from oonib.errors import Unavailable
from oonib.measurements.asking import begun
from oonib.measurements.gate import Gate, Gates


def test_only_so_many_run_and_wait() -> None:
    reasons: list[str] = []
    gate = Gate(2, waiting=1, patience=30.0, refused=reasons.append)
    inside, leave = threading.Semaphore(0), threading.Event()
    most = 0
    running = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal most, running
        with gate.turn():
            with lock:
                running += 1
                most = max(most, running)
            inside.release()
            leave.wait(30)
            with lock:
                running -= 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=30)
    third = threading.Thread(target=work)
    third.start()
    while gate._places._value:  # type: ignore[attr-defined]  # until the third waits
        time.sleep(0.001)
    with pytest.raises(Unavailable) as refused, gate.turn():
        pass
    assert refused.value.retry_after
    assert reasons == ["crowd"]
    leave.set()
    for thread in (*threads, third):
        thread.join(30)
    assert most == 2
    with gate.turn():
        pass


def test_patience_ends() -> None:
    reasons: list[str] = []
    gate = Gate(1, waiting=1, patience=0.01, refused=reasons.append)
    with gate.turn():
        with pytest.raises(Unavailable), gate.turn():
            pass
        with pytest.raises(Unavailable), gate.turn():
            pass
    assert reasons == ["patience", "patience"]
    with gate.turn():
        pass


def test_a_short_answer_holds_nothing() -> None:
    gates = Gates(1, waiting=0, patience=0.0, long=1)
    for _ in range(3):
        assert begun(gates, lambda: iter(range(5)), 6) == (list(range(5)), None)


def test_a_long_answer_holds_a_place_among_the_long_ones_until_its_end() -> None:
    gates = Gates(1, waiting=0, patience=0.0, long=1)
    first, rest = begun(gates, lambda: iter(range(5)), 2)
    assert first == [0, 1]
    assert begun(gates, lambda: iter("ab"), 3) == (["a", "b"], None)
    with pytest.raises(Unavailable):
        begun(gates, lambda: iter(range(5)), 2)
    assert rest is not None
    assert list(rest) == [2, 3, 4]
    assert begun(gates, lambda: iter(range(5)), 2)[1] is not None


def test_who_leaves_a_long_answer_gives_its_place_back() -> None:
    gates = Gates(1, waiting=0, patience=0.0, long=1)
    for _ in range(3):
        rest = begun(gates, lambda: iter(range(5)), 2)[1]
        assert rest is not None
        next(rest)
        del rest
