"""What is counted about archiving. Names that OONI's uploader had are kept (ops contract 5.2)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class ArchiveMetrics:
    """Work of the packer by step, and what waits for it."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = CollectorRegistry() if registry is None else registry

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, registry=registry, multiprocess_mode="mostrecent")

        self.measurements = Counter(
            "ooni_api_uploader_msmt_count", "Posts that went into the archive.", registry=registry
        )
        self.postcans = Counter(
            "ooni_api_uploader_postcan_count", "Cans that are in the archive and indexed.", registry=registry
        )
        self.run_seconds = Histogram(
            "ooni_api_uploader_total_run_time", "One packing run.", buckets=_SECONDS, registry=registry
        )
        self.step_seconds = Histogram(
            "oonib_archive_step_seconds",
            "A step of one can: plan, build, upload, index, release.",
            ("step",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.bytes = Counter("oonib_archive_bytes", "Bytes sent to the object store.", registry=registry)
        self.unreadable = Counter(
            "oonib_archive_unreadable", "Archived posts that are no measurement.", registry=registry
        )
        self.failures = Counter(
            "oonib_archive_failures",
            "Steps that did not work and are tried again, by step and reason.",
            ("step", "reason"),
            registry=registry,
        )
        self.renumbered = Counter(
            "oonib_archive_renumbered",
            "Cans that got another number because somebody else's object had their name.",
            registry=registry,
        )
        self.waiting = gauge("oonib_archive_waiting", "Accepted and not archived yet.")
        self.oldest = gauge(
            "oonib_archive_oldest_waiting_seconds", "Age of the oldest of them; 0 when there is none."
        )
        self.cans_left = gauge("oonib_archive_cans_left", "Planned cans that are not in the archive yet.")
