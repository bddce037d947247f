"""What is known of the jobs of this host: for the status page, the API and the command line."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oonib.jobs.results import Entry, Journal
from oonib.jobs.running import lock_of
from oonib.jobs.scheduler import Job
from oonib.jobs.turns import Leases, is_running
from oonib.runtime import open_objects
from oonib.settings import Settings


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One job: what it is, what came of its last run, whether it runs now."""

    name: str
    help: str
    period: float
    last: Entry
    running: bool


class JobsService:
    """Reads what the process that runs the jobs has written. `folder` is the same for both."""

    def __init__(self, jobs: Sequence[Job], folder: Path) -> None:
        self._jobs = jobs
        self._folder = folder
        self._journal = Journal(folder)

    def statuses(self) -> list[JobStatus]:
        """All jobs in the order of the catalogue. Never raises for a missing or damaged file."""
        return [
            JobStatus(
                job.name,
                job.help,
                job.period,
                self._journal.read(job.name),
                is_running(lock_of(self._folder, job.name)),
            )
            for job in self._jobs
        ]


def archive_leases(settings: Settings) -> Leases | None:
    """Leases where other hosts may share the object store with this one; None with the default folder."""
    if not settings.object_store_url:
        return None
    return Leases(open_objects(settings), _host_id(settings))


def leases_for(settings: Settings) -> Leases | None:
    """Leases where other hosts may share ClickHouse with this one; None with the embedded one."""
    if settings.clickhouse_url is None:
        return None
    return Leases(open_objects(settings), _host_id(settings))


def _host_id(settings: Settings) -> str:
    """What this host calls itself: chosen once for a data folder, so that it knows its own leases again."""
    path = settings.jobs_dir / "host-id"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(f"{settings.collector_id}-{secrets.token_hex(4)}")
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")
