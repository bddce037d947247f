"""Processes for dangerous calls: started when needed, replaced when lost, given up when they hang."""

import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from oonib.collector.credentials.crew import Crashed, Crew

from support.credentials import keys


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    """A request that is answered."""
    pair = keys()
    return {"call": "try", "public": pair.public, "secret": pair.secret, "arguments": []}


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(1, seconds=3.0)
    yield crew
    crew.close()


def processes(known: set[int]) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.pid not in known and any("worker.py" in word for word in child.cmdline())
    ]


@pytest.fixture
def known() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_one_process_serves_many_calls_and_ends_with_the_crew(
    known: set[int], crew: Crew, asked: dict[str, Any]
) -> None:
    assert processes(known) == []
    for _ in range(3):
        assert crew.call(asked) == {"answer": ""}
    assert len(processes(known)) == 1
    crew.close()
    assert processes(known) == []


def test_a_process_that_the_system_ended_is_replaced(
    known: set[int], crew: Crew, asked: dict[str, Any]
) -> None:
    crew.call(asked)
    (first,) = processes(known)
    first.kill()
    while first.is_running() and first.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert crew.call(asked) == {"answer": ""}
    assert [process.pid for process in processes(known)] != [first.pid]


def test_a_process_that_hangs_is_given_up(known: set[int], crew: Crew, asked: dict[str, Any]) -> None:
    crew.call(asked)
    (first,) = processes(known)
    first.suspend()
    with pytest.raises(Crashed):
        crew.call(asked)
    assert not first.is_running()
    assert crew.call(asked) == {"answer": ""}


def test_settings_do_not_reach_it(
    known: set[int], crew: Crew, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OONIB_METRICS_PASSWORD", "correct-horse")
    crew.call(asked)
    (process,) = processes(known)
    assert "OONIB_METRICS_PASSWORD" not in process.environ()
    assert asked["secret"] not in " ".join(process.cmdline())
