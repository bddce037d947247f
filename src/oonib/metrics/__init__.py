"""What oonib counts about itself, for Prometheus. Where several processes run, they share one folder.

Metric names that OONI's dashboards know are kept (ops contract 5.2). Nothing here may carry an address, a
secret or anything else that grows without bound as a label.
"""

import os

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from oonib.metrics.archive import ArchiveMetrics
from oonib.metrics.checkin import CheckInMetrics
from oonib.metrics.collector import CollectorMetrics
from oonib.metrics.fastpath import FastpathMetrics
from oonib.metrics.jobs import JobMetrics
from oonib.metrics.making import Making
from oonib.metrics.quota import QuotaMetrics
from oonib.metrics.reference import ReferenceMetrics
from oonib.metrics.serving import ServingMetrics


class Metrics(ServingMetrics, CollectorMetrics, CheckInMetrics, FastpathMetrics, JobMetrics):
    """The metrics of one process. Counters end in `_total` as Prometheus has it."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        make = Making(registry)
        ServingMetrics.__init__(self, make)
        CollectorMetrics.__init__(self, make)
        CheckInMetrics.__init__(self, make)
        FastpathMetrics.__init__(self, make)
        JobMetrics.__init__(self, make)
        self.reference = ReferenceMetrics(registry)
        self.quota = QuotaMetrics(registry)
        self.archive = ArchiveMetrics(registry)

    def render(self) -> bytes:
        """Prometheus text: of all processes that share the metrics folder, else of this one."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        merged = CollectorRegistry()
        MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
        return generate_latest(merged)
