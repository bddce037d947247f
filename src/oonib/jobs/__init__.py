"""Timed work: which jobs there are, when they run and where, what came of the last run.

Owns time, retries and turns, not the work itself: each job is a function that some room provides.
"""

from oonib.jobs.archiving import open_manifests, open_packer
from oonib.jobs.catalogue import catalogue
from oonib.jobs.results import Journal, Result
from oonib.jobs.running import Runner
from oonib.jobs.scheduler import Job, JobFailed, Scheduler
from oonib.jobs.service import JobsService, archive_leases, leases_for

__all__ = [
    "Job",
    "JobFailed",
    "JobsService",
    "Journal",
    "Result",
    "Runner",
    "Scheduler",
    "archive_leases",
    "catalogue",
    "leases_for",
    "open_manifests",
    "open_packer",
]
