"""What oonib counts about itself, for Prometheus. Where several processes run, they share one folder.

Metric names that OONI's dashboards know are kept (ops contract 5.2). Nothing here may carry an address, a
secret or anything else that grows without bound as a label.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from oonib.metrics.archive import ArchiveMetrics
from oonib.metrics.quota import QuotaMetrics
from oonib.metrics.reference import ReferenceMetrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one process. Counters end in `_total` as Prometheus has it."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.requests = Counter(
            "oonib_http_requests", "Answered requests.", ("method", "route", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            "oonib_http_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self.queries_refused = Counter(
            "oonib_queries_refused",
            "Expensive queries that were not let through, by reason.",
            ("reason",),
            registry=registry,
        )
        self.login_mails = Counter(
            "oonib_login_mails",
            "Login mails that were asked for, by outcome.",
            ("outcome",),
            registry=registry,
        )
        self.received = Counter(
            "receive_measurement_count", "Submissions that reached the checks.", registry=registry
        )
        self.discarded_asn_0 = Counter(
            "receive_measurement_discard_asn_0",
            "Dropped unread: the report id has no network.",
            registry=registry,
        )
        self.discarded_cc_zz = Counter(
            "receive_measurement_discard_cc_zz",
            "Dropped unread: the report id has no country.",
            registry=registry,
        )
        self.bad = Counter(
            "measurement_bad_count", "Refused submissions by reason.", ("reason",), registry=registry
        )
        self.accepted = Counter("oonib_measurements_accepted", "Durably stored.", registry=registry)
        self.duplicates = Counter(
            "oonib_measurements_duplicate", "Sent again, not stored again.", registry=registry
        )
        self.commit_seconds = Histogram(
            "oonib_spool_commit_seconds", "From submission to durable.", buckets=_SECONDS, registry=registry
        )
        self.scored = Counter(
            "oonib_fastpath_measurements",
            "Worked off by outcome and reason.",
            ("outcome", "reason"),
            registry=registry,
        )
        self.insert_seconds = Histogram(
            "oonib_fastpath_insert_seconds", "Writing one batch of rows.", buckets=_SECONDS, registry=registry
        )
        self.insert_failures = Counter(
            "oonib_fastpath_insert_failures", "Inserts to be retried.", registry=registry
        )
        self.score_seconds = Histogram(
            "oonib_fastpath_score_seconds", "Scoring one batch.", buckets=_SECONDS, registry=registry
        )
        self.tests = Counter("oonib_fastpath_tests", "Scored by nettest.", ("test",), registry=registry)
        self.test_seconds = Counter(
            "oonib_fastpath_test_seconds", "Time that scoring took.", ("test",), registry=registry
        )
        self.matches = Counter(
            "oonib_fastpath_fingerprint_matches",
            "Fingerprints found in dns, body or header.",
            ("location",),
            registry=registry,
        )
        self.reloads = Counter(
            "oonib_fingerprints_reloads", "New sets by how it went.", ("result",), registry=registry
        )
        self.fingerprints = Gauge(
            "oonib_fingerprints_loaded",
            "Fingerprints that the scorer uses.",
            ("kind",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        # A number and not a label, which would leave a series behind with each set.
        self.snapshot = Gauge(
            "oonib_fingerprints_snapshot",
            "Id of the set that the scorer uses: its first 12 hexadecimal digits as a number.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.backlog = Gauge(
            "oonib_spool_unscored",
            "Accepted and not scored yet.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.ledger_missing = Gauge(
            "oonib_ledger_missing",
            "Accepted, settled, and in no other count of the ledger (or in two), by scoring and archive.",
            ("stage",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.watched_files = Counter(
            "oonib_watched_files",
            "Readings of files that settings name, by how they went.",
            ("setting", "result"),
            registry=registry,
        )
        self.probe_logins = Counter(
            "probe_login_requests", "Logins of probes by how they went.", ("state",), registry=registry
        )
        self.verifications = Counter(
            "oonib_credential_verifications",
            "Submissions with a credential by verdict and what was wrong with it.",
            ("status", "error"),
            registry=registry,
        )
        self.url_choices = Counter(
            "oonib_url_choices",
            "Lists of URLs for probes: from the ranking, or from the failover list.",
            ("source",),
            registry=registry,
        )
        self.check_in_urls = Gauge(
            "check_in_test_list_count",
            "URLs of the latest check-in.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.test_list_urls = Gauge(
            "test_list_urls_count",
            "URLs of the latest list for an old client.",
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.geoip_found = Counter(
            "geoip_ipaddr_found", "Check-ins from a known network.", ("probe_cc",), registry=registry
        )
        self.geoip_not_found = Counter(
            "geoip_ipaddr_not_found", "Check-ins from an unknown network.", registry=registry
        )
        self.geoip_cc_differs = Counter(
            "geoip_cc_differs", "Check-ins that claim another country.", registry=registry
        )
        self.geoip_asn_differs = Counter(
            "geoip_asn_differs", "Check-ins that claim another network.", registry=registry
        )
        self.reference = ReferenceMetrics(registry)
        self.quota = QuotaMetrics(registry)
        self.archive = ArchiveMetrics(registry)
        self.jobs = Counter("oonib_job_runs", "Runs of timed jobs.", ("job", "result"), registry=registry)
        self.job_success = Gauge(
            "oonib_job_last_success_timestamp_seconds",
            "When a job last succeeded.",
            ("job",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def render(self) -> bytes:
        """Prometheus text: of all processes that share the metrics folder, else of this one."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        merged = CollectorRegistry()
        MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
        return generate_latest(merged)
