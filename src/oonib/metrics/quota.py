"""What is counted about quotas. No label says who."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class QuotaMetrics:
    """Refusals, charges, and troubles of the store."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.refused = Counter(
            "rate_limit_hits", "Requests refused because a quota was used up.", ("kind",), registry=registry
        )
        self.seconds = Counter(
            "oonib_quota_seconds", "Seconds of serving that were charged.", ("kind",), registry=registry
        )
        self.failures = Counter(
            "oonib_quota_store_failures",
            "Times the store of quotas failed and everybody was let through, or was replaced.",
            ("reason",),
            registry=registry,
        )
        self.entries = Gauge(
            "oonib_quota_entries",
            "Callers whose quota is not full, at the last sweep.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
