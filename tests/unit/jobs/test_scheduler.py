"""When jobs are due, also when the clock is set, one of them hangs or fails."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.jobs import Job, Result, Scheduler
from oonib.jobs.scheduler import spread


class Hours(threading.Event):
    """A clock that moves when somebody waits, and the end after so many seconds of it."""

    def __init__(self, ends_after: float, now: float = 1_800_000_000.0) -> None:
        super().__init__()
        self.now = now
        self.ends = now + ends_after
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self.now += timeout
        if self.now >= self.ends:
            self.set()
        return self.is_set()


def tend(
    hours: Hours, job: Job, outcome: Callable[[], bool] = lambda: True
) -> tuple[list[float], list[float]]:
    """Seconds since the start at which the job ran, and the due times that were told."""
    start = hours.now
    runs: list[float] = []
    plans: list[float] = []

    def run_job(_job: Job) -> Result:
        runs.append(hours.now - start)
        return Result(datetime.now(UTC), 0.0, outcome(), "")

    Scheduler(
        [job],
        run_job,
        hours,
        planned=lambda _job, due: plans.append(due - start),
        clock=hours.clock,
        jitter=lambda _job: 0.0,
    ).tend(job)
    return runs, plans


def a_job(period: float = 3600.0, **options: object) -> Job:
    return Job("test", "", period, lambda: "", **options)


def test_due_times_are_those_of_the_period_and_the_offset() -> None:
    hours = Hours(3 * 3600)
    runs, plans = tend(hours, a_job(offset=600.0))
    # The clock starts at a whole hour.
    assert runs == [600.0, 4200.0, 7800.0]
    assert plans == [600.0, 4200.0, 7800.0, 11400.0]
    assert max(hours.waits) <= 1.0


def test_at_start_it_runs_at_once_and_then_when_due() -> None:
    runs, _ = tend(Hours(2 * 3600 + 1), a_job(offset=600.0, at_start=True))
    assert runs == [0.0, 600.0, 4200.0]


def test_a_failed_run_is_tried_again_soon_then_less_often() -> None:
    failing = iter([False] * 8 + [True] * 10)
    runs, _ = tend(Hours(3600 + 1), a_job(at_start=True), lambda: next(failing))
    assert [round(later - sooner) for sooner, later in itertools.pairwise(runs)] == [
        *(1, 2, 4, 8, 16, 32, 64, 120),
        3600 - 247,
    ]


def test_the_time_between_tries_grows_with_the_period() -> None:
    week = a_job(7 * 86400.0, at_start=True)
    runs, _ = tend(Hours(2 * 86400.0), week, lambda: False)
    assert runs[-1] - runs[-2] == pytest.approx(3600.0)


def test_after_a_failure_the_next_due_time_still_counts() -> None:
    runs, _ = tend(Hours(60.5), a_job(10.0, at_start=True), lambda: False)
    assert {10.0, 20.0, 30.0, 40.0, 50.0, 60.0} <= set(runs)


def test_a_clock_that_is_set_back_does_not_stop_the_jobs() -> None:
    hours = Hours(10**9, now=4_000_000_000.0)
    runs: list[float] = []

    def run_job(_job: Job) -> Result:
        runs.append(hours.now)
        if len(runs) == 1:
            hours.now = 1_800_000_000.0
        else:
            hours.set()
        return Result(datetime.now(UTC), 0.0, True, "")

    job = a_job(at_start=True)
    Scheduler([job], run_job, hours, planned=lambda *_: None, clock=hours.clock, jitter=lambda _: 0.0).tend(
        job
    )
    assert len(runs) == 2
    assert runs[1] <= 1_800_000_000 + 3600 + 61


def test_a_clock_that_jumps_ahead_makes_one_run() -> None:
    hours = Hours(10 * 3600 + 0.5)
    jumped = []

    def outcome() -> bool:
        if not jumped:
            jumped.append(True)
            hours.now += 5 * 3600
        return True

    runs, _ = tend(hours, a_job(at_start=True), outcome)
    assert runs == [0.0, *(3600.0 * hour for hour in range(6, 11))]


@given(
    period=st.floats(1, 10**6),
    offset=st.floats(0, 10**6),
    now=st.floats(0, 4 * 10**9),
)
def test_the_next_due_time_is_later_and_at_most_a_period_away(
    period: float, offset: float, now: float
) -> None:
    due = a_job(period, offset=offset).due_after(now)
    assert now < due or due == pytest.approx(now)
    assert due <= now + period * (1 + 1e-9) + 1e-6 * max(1.0, now / 10**6)


@given(st.floats(1, 10**7))
def test_runs_are_spread_by_little(period: float) -> None:
    assert 0 <= spread(a_job(period)) <= min(60.0, period / 20)


def test_a_job_that_hangs_holds_up_nobody_and_not_the_end() -> None:
    stopping, hang = threading.Event(), threading.Event()
    runs: list[str] = []

    def run_job(job: Job) -> Result:
        runs.append(job.name)
        if job.name == "slow":
            hang.wait(20)
        return Result(datetime.now(UTC), 0.0, True, "")

    jobs = [Job(name, "", 0.05, lambda: "", at_start=True) for name in ("slow", "quick")]
    scheduler = Scheduler(jobs, run_job, stopping, planned=lambda *_: None)
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    until = time.monotonic() + 10
    while runs.count("quick") < 5 and time.monotonic() < until:
        time.sleep(0.01)
    assert runs.count("quick") >= 5
    assert runs.count("slow") == 1, "never twice at once"
    stopped = time.monotonic()
    stopping.set()
    thread.join(10)
    assert time.monotonic() - stopped < 2.0
    hang.set()
