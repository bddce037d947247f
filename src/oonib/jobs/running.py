"""One run of a job: its turn, its result, what is counted. Never raises: the result says what happened."""

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import structlog

from oonib.jobs.results import Journal, Result
from oonib.jobs.scheduler import Job, JobFailed
from oonib.jobs.turns import Leases, NotOurTurn, Turn, local_turn
from oonib.metrics import Metrics
from oonib.objects import ObjectStoreError

_FRESH_SHARE = 0.5
"""Share of a period within which the work of another host counts as done."""

_log = structlog.get_logger("jobs")


class Runner:
    """Makes runs. `leases` None: no other host does the same jobs."""

    def __init__(self, folder: Path, metrics: Metrics, leases: Leases | None) -> None:
        self._folder = folder
        self._metrics = metrics
        self._leases = leases
        self.journal = Journal(folder)

    def run(self, job: Job, *, by_hand: bool = False) -> Result:
        """Run a job now, if it is this process's turn. `by_hand`: also if another host has just done it."""
        started = time.monotonic()
        fresh = None if by_hand else job.period * _FRESH_SHARE
        skipped = False
        try:
            message, ok = self._in_turn(job, fresh), True
        except NotOurTurn as exc:
            message, ok, skipped = str(exc), True, True
        except (JobFailed, ObjectStoreError, OSError) as exc:
            message, ok = str(exc), False
        except Exception as exc:  # noqa: BLE001 - one job's defect must not end the others
            message, ok = f"{type(exc).__name__}: {exc}", False
            _log.error("defect in a job", job=job.name, exc_info=exc)
        result = Result(datetime.now(UTC), time.monotonic() - started, ok, message, skipped)
        self._tell(job, result)
        return result

    def _in_turn(self, job: Job, fresh: float | None) -> str:
        shared = self._leases if job.shared else None
        with (
            local_turn(lock_of(self._folder, job.name)),
            nullcontext(Turn()) if shared is None else shared.turn(job.name, fresh) as turn,
        ):
            message = job.run()
            turn.ok = True
            return message

    def _tell(self, job: Job, result: Result) -> None:
        if result.skipped:
            _log.info("job left to another", job=job.name, message=result.message)
            return
        self.journal.record(job.name, result)
        self._metrics.jobs.labels(job.name, "ok" if result.ok else "failed").inc()
        if result.ok:
            self._metrics.job_success.labels(job.name).set_to_current_time()
        (_log.info if result.ok else _log.error)(
            "job done", job=job.name, ok=result.ok, message=result.message, seconds=result.seconds
        )


def lock_of(folder: Path, name: str) -> Path:
    """The file whose lock is the turn of a job on this host."""
    return folder / f"{name}.lock"
