"""When jobs run: each in a thread of its own, so that a slow one holds up nobody.

Owns time and retries. How a run is made, and by whom, is `running`'s business.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oonib.jobs.results import Result

_FIRST_RETRY = 1.0
_RETRIES_A_PERIOD = 30
_LONGEST_RETRY = (120.0, 3600.0)
_LOOK_EVERY = 1.0
_STOP_SECONDS = 1.5
_LARGEST_JITTER = 60.0


class JobFailed(Exception):
    """A job did not do its work. The message is a sentence for the operator; old data is untouched."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due every `period` seconds, `offset` seconds later. `run` returns a sentence about it.

    With `at_start` it also runs when the scheduler starts. A `shared` one does its work for all hosts of a
    cluster, so one host at a time runs it. `rehearse` says what `run` would come to, and changes nothing.
    """

    name: str
    help: str
    period: float
    run: Callable[[], str]
    offset: float = 0.0
    at_start: bool = False
    shared: bool = False
    rehearse: Callable[[], str] | None = None

    def due_after(self, now: float) -> float:
        """The first due time later than `now` (seconds since the epoch)."""
        return (now - self.offset) // self.period * self.period + self.period + self.offset

    @property
    def longest_retry(self) -> float:
        """Seconds after which a failed run is tried again at the latest."""
        least, most = _LONGEST_RETRY
        return min(most, max(least, self.period / _RETRIES_A_PERIOD))


def spread(job: Job) -> float:
    """Seconds by which a run starts later than due, so that many hosts do not all ask at once."""
    return random.uniform(0.0, min(_LARGEST_JITTER, job.period / 20))  # noqa: S311 - no secret


class Scheduler:
    """The jobs of one process. `run_job` makes a run; `planned` is told when a job is due next."""

    def __init__(
        self,
        jobs: Sequence[Job],
        run_job: Callable[[Job], Result],
        stopping: threading.Event,
        *,
        planned: Callable[[Job, float], None],
        clock: Callable[[], float] = time.time,
        jitter: Callable[[Job], float] = spread,
    ) -> None:
        self._jobs = jobs
        self._run_job = run_job
        self._stopping = stopping
        self._planned = planned
        self._clock = clock
        self._jitter = jitter

    def run(self) -> None:
        """Run what is due until asked to stop; a run under way is then given a moment to end."""
        threads = [
            threading.Thread(target=self.tend, args=(job,), name=job.name, daemon=True) for job in self._jobs
        ]
        for thread in threads:
            thread.start()
        self._stopping.wait()
        until = time.monotonic() + _STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def tend(self, job: Job) -> None:
        """Run one job whenever it is due. A failed run is tried again soon, then less and less often."""
        pause = _FIRST_RETRY
        due = self._clock() if job.at_start else self._next(job)
        self._planned(job, due)
        while not self._stopping.is_set():
            now = self._clock()
            # After the clock was set back: never further away than a period.
            due = min(due, now + job.period + _LARGEST_JITTER)
            if due > now:
                # Not until the due time: the clock may step.
                self._stopping.wait(min(_LOOK_EVERY, due - now))
                continue
            ok = self._run_job(job).ok
            due = self._next(job) if ok else min(self._next(job), self._clock() + pause)
            pause = _FIRST_RETRY if ok else min(2 * pause, job.longest_retry)
            self._planned(job, due)

    def _next(self, job: Job) -> float:
        return job.due_after(self._clock()) + self._jitter(job)
