"""Processes that die, hang or cannot read: what is blamed, what goes on, and in which order results come."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from oonib.archive.reading import Found, Problem
from oonib.fastpath.offline import Crew, CrewBroken, Reader, Result, Setup
from oonib.scoring import FingerprintSet

NOTHING = FingerprintSet.of([], [])
UID = "20260302101533.048211_BR_signal_5d0c91e2a47b3f68"


@dataclass(frozen=True)
class Deadly:
    """Looks like a measurement; the process that looks at its body is gone."""

    place: str
    hangs: bool = False
    uid: str = UID

    @property
    def body(self) -> bytes:
        """Never answers."""
        if self.hangs:
            time.sleep(60)
        os.kill(os.getpid(), signal.SIGKILL)
        return b""


@dataclass(frozen=True)
class Words:
    """A task: each word says what its item does."""

    name: str
    words: tuple[str, ...]


def make_reader() -> Reader:
    def contents(task: Words) -> Iterator[Found | Problem | Deadly]:
        for number, word in enumerate(task.words):
            place = f"{task.name}:{number}"
            if word == "dies":
                yield Deadly(place)
            elif word == "hangs":
                yield Deadly(place, hangs=True)
            elif word == "problem":
                yield Problem(place, "bad", "a bad line")
            elif word == "raises":
                raise RuntimeError("cannot go on")
            elif word == "reader dies":
                os._exit(1)
            else:
                time.sleep(0.05 if word == "slow" else 0)
                yield Found(b'{"probe_cc":"IT"}', UID, place)

    return contents  # type: ignore[return-value]


def cannot_start() -> Reader:
    os._exit(3)


def seen(*tasks: Words, size: int = 2, ordered: bool = True, seconds: float = 60.0) -> list[str]:
    """What came back, in words."""
    found = []
    with Crew(Setup(NOTHING, "production", make_reader), size, seconds_each=seconds) as crew:
        for batch in crew.run(tasks, ordered=ordered):
            for item in batch.results:
                if isinstance(item, Result):
                    found.append(f"{item.place} {item.outcome.reason}")
                else:
                    found.append(f"{item.place} problem {item.reason}")
            if batch.finished is not None:
                failed = batch.finished.failed
                found.append(f"{batch.task.name} end" + (f" {failed.reason}" if failed else ""))
    return found


def test_no_work_needs_no_processes() -> None:
    assert seen(size=10_000) == []


def test_order_is_that_of_the_tasks_though_the_first_is_slow() -> None:
    tasks = [Words("a", ("slow",) * 10), *(Words(f"t{n:02}", ("ok",)) for n in range(30))]
    found = seen(*tasks)
    expected = [f"a:{n} no_report_id" for n in range(10)] + ["a end"]
    for number in range(30):
        expected += [f"t{number:02}:0 no_report_id", f"t{number:02} end"]
    assert found == expected
    assert sorted(seen(*tasks, ordered=False)) == sorted(expected)


def test_the_measurement_that_ends_two_processes_is_a_dead_letter_and_the_rest_goes_on() -> None:
    found = seen(Words("a", ("ok", "problem", "dies", "ok", "dies", "ok")), Words("b", ("ok",)))
    assert found == [
        "a:0 no_report_id",
        "a:1 problem bad",
        "a:2 scorer_crashed",
        "a:3 no_report_id",
        "a:4 scorer_crashed",
        "a:5 no_report_id",
        "a end",
        "b:0 no_report_id",
        "b end",
    ]


def test_one_that_hangs_is_ended() -> None:
    assert seen(Words("a", ("hangs", "ok")), size=1, seconds=3.0) == [
        "a:0 scorer_timeout",
        "a:1 no_report_id",
        "a end",
    ]


def test_a_file_that_cannot_be_read_ends_alone() -> None:
    found = seen(Words("a", ("ok", "raises", "ok")), Words("b", ("reader dies",)), Words("c", ("ok",)))
    assert found == [
        "a:0 no_report_id",
        "a end unreadable_file",
        "b end reader_crashed",
        "c:0 no_report_id",
        "c end",
    ]


def test_processes_that_do_not_start_are_no_measurements_fault() -> None:
    crew = Crew(Setup(NOTHING, "production", cannot_start), 1)
    with crew, pytest.raises(CrewBroken):
        list(crew.run([Words("a", ("ok",))]))
