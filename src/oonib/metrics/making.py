"""How metrics are made: all of a process in one registry, each gauge with the value that was set last."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Making:
    """Makes metrics of a registry: name, help, names of labels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """What only grows; Prometheus ends its name in `_total`."""
        return Counter(name, text, labels, registry=self._registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """What is so at a time; of several processes the one that set it last knows."""
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode="mostrecent")

    def seconds(self, name: str, text: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        """How long something takes."""
        return Histogram(name, text, labels, registry=self._registry, buckets=buckets)
