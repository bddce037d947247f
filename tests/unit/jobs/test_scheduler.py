"""When jobs are due, also when the clock is set."""

import threading
import time

import pytest

from oonib.jobs import Job, Scheduler
from oonib.metrics import Metrics


def test_a_clock_that_is_set_back_does_not_stop_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    runs: list[float] = []
    now = [4_000_000_000.0]

    def run() -> str:
        runs.append(now[0])
        # The clock was far ahead; it is put right, and time goes on.
        now[0] = 1_800_000_000.0 if len(runs) == 1 else now[0]
        if len(runs) == 2:
            stopping.set()
        return "done"

    def wait(timeout: float | None = None) -> bool:
        now[0] += 600
        return now[0] > 1_800_100_000 and len(runs) < 2 and (stopping.set() or True)

    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(stopping, "wait", wait)
    Scheduler([Job("hourly", "", 3600.0, run, at_start=True)], Metrics(), stopping).run()
    assert len(runs) == 2
    assert runs[1] <= 1_800_000_000 + 3600 + 600
