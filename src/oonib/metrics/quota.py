"""What is counted about quotas. No label says who."""

from prometheus_client import CollectorRegistry

from oonib.metrics.making import Making


class QuotaMetrics:
    """Refusals, charges, and troubles of the store."""

    def __init__(self, registry: CollectorRegistry) -> None:
        make = Making(registry)
        self.refused = make.counter(
            "rate_limit_hits", "Requests refused because a quota was used up.", "kind"
        )
        self.seconds = make.counter("oonib_quota_seconds", "Seconds of serving that were charged.", "kind")
        self.failures = make.counter(
            "oonib_quota_store_failures",
            "Times the store of quotas failed and everybody was let through, or was replaced.",
            "reason",
        )
        self.entries = make.gauge(
            "oonib_quota_entries", "Callers whose quota is not full, at the last sweep."
        )
