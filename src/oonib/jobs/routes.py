"""The jobs over HTTP: `GET /api/v1/jobs`."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from oonib.jobs.service import JobsService, JobStatus
from oonib.jobs.telling import public


class JobOut(BaseModel):
    """One job. `period` and `seconds` are seconds; `last_run`, `ok` and `message` are of its last run."""

    name: str
    help: str
    period: float
    running: bool
    last_run: datetime | None
    seconds: float | None
    ok: bool | None
    message: str
    next_due: datetime | None


class Jobs(BaseModel):
    """Answer of `GET /api/v1/jobs`."""

    jobs: list[JobOut]


def router(service: JobsService) -> APIRouter:
    """The endpoint."""
    jobs = APIRouter(tags=["operations"])

    @jobs.get("/api/v1/jobs", summary="The timed work of this host and what came of it")
    def list_jobs(response: Response) -> Jobs:
        response.headers["Cache-Control"] = "no-cache"
        return Jobs(jobs=[_out(status) for status in service.statuses()])

    return jobs


def _out(status: JobStatus) -> JobOut:
    return JobOut(
        name=status.name,
        help=status.help,
        period=status.period,
        running=status.running,
        last_run=status.last.at,
        seconds=status.last.seconds,
        ok=status.last.ok,
        message=public(status.last.message),
        next_due=status.last.next_due,
    )
