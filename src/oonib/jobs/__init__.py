"""Timed work: which jobs there are, when they run, what came of the last run.

Owns time and retries, not the work itself: each job is a function that some room provides.
"""

from oonib.jobs.catalogue import catalogue
from oonib.jobs.scheduler import Job, JobFailed, Scheduler

__all__ = ["Job", "JobFailed", "Scheduler", "catalogue"]
