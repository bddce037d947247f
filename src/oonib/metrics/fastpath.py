"""What is counted about scoring."""

from oonib.metrics.making import Making


class FastpathMetrics:
    """Measurements that were worked off, batches of rows, the fingerprints in use."""

    def __init__(self, make: Making) -> None:
        self.scored = make.counter(
            "oonib_fastpath_measurements", "Worked off by outcome and reason.", "outcome", "reason"
        )
        self.score_seconds = make.seconds("oonib_fastpath_score_seconds", "Scoring one batch.")
        self.insert_seconds = make.seconds("oonib_fastpath_insert_seconds", "Writing one batch of rows.")
        self.insert_failures = make.counter("oonib_fastpath_insert_failures", "Inserts to be retried.")
        self.tests = make.counter("oonib_fastpath_tests", "Scored by nettest.", "test")
        self.test_seconds = make.counter("oonib_fastpath_test_seconds", "Time that scoring took.", "test")
        self.matches = make.counter(
            "oonib_fastpath_fingerprint_matches", "Fingerprints found in dns, body or header.", "location"
        )
        self.reloads = make.counter("oonib_fingerprints_reloads", "New sets by how it went.", "result")
        self.fingerprints = make.gauge(
            "oonib_fingerprints_loaded", "Fingerprints that the scorer uses.", "kind"
        )
        # A number and not a label, which would leave a series behind with each set.
        self.snapshot = make.gauge(
            "oonib_fingerprints_snapshot",
            "Id of the set that the scorer uses: its first 12 hexadecimal digits as a number.",
        )
