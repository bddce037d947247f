"""Runs jobs when they are due, one at a time, and keeps the last result of each."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from oonib.metrics import Metrics

_FIRST_RETRY = 1.0
_LONGEST_RETRY = 120.0
_log = structlog.get_logger("jobs")


class JobFailed(Exception):
    """A job did not do its work. The message is a sentence for the operator; old data is untouched."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due every `period` seconds, `offset` seconds later. `run` returns a sentence about it.

    With `at_start` it also runs when the scheduler starts.
    """

    name: str
    help: str
    period: float
    run: Callable[[], str]
    offset: float = 0.0
    at_start: bool = False

    def due_after(self, now: float) -> float:
        """The first due time later than `now` (seconds since the epoch)."""
        return (now - self.offset) // self.period * self.period + self.period + self.offset


@dataclass(slots=True)
class Result:
    """What came of the last run of a job."""

    at: datetime
    seconds: float
    ok: bool
    message: str


@dataclass
class Scheduler:
    """The jobs of one host."""

    jobs: Sequence[Job]
    metrics: Metrics
    stopping: threading.Event
    results: dict[str, Result] = field(default_factory=dict)

    def run(self) -> None:
        """Run what is due until asked to stop. A failed job is tried again soon, then less and less often."""
        now = time.time()
        pause = {job.name: _FIRST_RETRY for job in self.jobs}
        due = {job.name: now if job.at_start else job.due_after(now) for job in self.jobs}
        while not self.stopping.is_set():
            for job in self.jobs:
                # After the clock was set back: never further away than a period.
                due[job.name] = min(due[job.name], time.time() + job.period)
                if due[job.name] <= time.time() and not self.stopping.is_set():
                    due[job.name] = job.due_after(time.time())
                    if self.run_job(job).ok:
                        pause[job.name] = _FIRST_RETRY
                    else:
                        due[job.name] = min(due[job.name], time.time() + pause[job.name])
                        pause[job.name] = min(2 * pause[job.name], _LONGEST_RETRY)
            # Not until the next due time: the clock may step.
            self.stopping.wait(min(1.0, max(0.05, min(due.values()) - time.time())))

    def run_job(self, job: Job) -> Result:
        """Run one job now. Never raises: the result says what happened."""
        started = time.monotonic()
        try:
            message, ok = job.run(), True
        except JobFailed as exc:
            message, ok = str(exc), False
        except Exception as exc:  # noqa: BLE001 - one job's defect must not end the others
            message, ok = f"{type(exc).__name__}: {exc}", False
            _log.error("defect in a job", job=job.name, exc_info=exc)
        result = Result(datetime.now(UTC), time.monotonic() - started, ok, message)
        self.results[job.name] = result
        self.metrics.jobs.labels(job.name, "ok" if ok else "failed").inc()
        if ok:
            self.metrics.job_success.labels(job.name).set_to_current_time()
        (_log.info if ok else _log.error)(
            "job done", job=job.name, ok=ok, message=message, seconds=result.seconds
        )
        return result
