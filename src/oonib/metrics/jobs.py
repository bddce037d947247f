"""What is counted about timed jobs."""

from oonib.metrics.making import Making


class JobMetrics:
    """Their runs."""

    def __init__(self, make: Making) -> None:
        self.jobs = make.counter("oonib_job_runs", "Runs of timed jobs.", "job", "result")
        self.job_success = make.gauge(
            "oonib_job_last_success_timestamp_seconds", "When a job last succeeded.", "job"
        )
