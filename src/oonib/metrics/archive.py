"""What is counted about archiving. Names that OONI's uploader had are kept (ops contract 5.2)."""

from prometheus_client import CollectorRegistry

from oonib.metrics.making import Making

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class ArchiveMetrics:
    """Work of the packer by step, and what waits for it."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        make = Making(CollectorRegistry() if registry is None else registry)
        self.measurements = make.counter("ooni_api_uploader_msmt_count", "Posts that went into the archive.")
        self.postcans = make.counter(
            "ooni_api_uploader_postcan_count", "Cans that are in the archive and indexed."
        )
        self.run_seconds = make.seconds(
            "ooni_api_uploader_total_run_time", "One packing run.", buckets=_SECONDS
        )
        self.step_seconds = make.seconds(
            "oonib_archive_step_seconds",
            "A step of one can: plan, build, upload, index, release.",
            "step",
            buckets=_SECONDS,
        )
        self.bytes = make.counter("oonib_archive_bytes", "Bytes sent to the object store.")
        self.unreadable = make.counter("oonib_archive_unreadable", "Archived posts that are no measurement.")
        self.failures = make.counter(
            "oonib_archive_failures",
            "Steps that did not work and are tried again, by step and reason.",
            "step",
            "reason",
        )
        self.renumbered = make.counter(
            "oonib_archive_renumbered",
            "Cans that got another number because somebody else's object had their name.",
        )
        self.waiting = make.gauge("oonib_archive_waiting", "Accepted and not archived yet.")
        self.oldest = make.gauge(
            "oonib_archive_oldest_waiting_seconds", "Age of the oldest of them; 0 when there is none."
        )
        self.cans_left = make.gauge(
            "oonib_archive_cans_left", "Planned cans that are not in the archive yet."
        )
