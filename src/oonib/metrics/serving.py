"""What is counted about serving the API and its pages."""

from oonib.metrics.making import Making


class ServingMetrics:
    """Requests, and what stands before and behind the routes."""

    def __init__(self, make: Making) -> None:
        self.requests = make.counter("oonib_http_requests", "Answered requests.", "method", "route", "status")
        self.request_seconds = make.seconds("oonib_http_request_seconds", "Time to answer.", "route")
        self.queries_refused = make.counter(
            "oonib_queries_refused", "Expensive queries that were not let through, by reason.", "reason"
        )
        self.login_mails = make.counter(
            "oonib_login_mails", "Login mails that were asked for, by outcome.", "outcome"
        )
        self.watched_files = make.counter(
            "oonib_watched_files",
            "Readings of files that settings name, by how they went.",
            "setting",
            "result",
        )
