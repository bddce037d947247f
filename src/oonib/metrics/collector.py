"""What is counted about submissions. Names that OONI's dashboards know are kept (ops contract 5.2)."""

from oonib.metrics.making import Making


class CollectorMetrics:
    """Submissions on their way into the spool, and the sums of the ledger."""

    def __init__(self, make: Making) -> None:
        self.received = make.counter("receive_measurement_count", "Submissions that reached the checks.")
        self.discarded_asn_0 = make.counter(
            "receive_measurement_discard_asn_0", "Dropped unread: the report id has no network."
        )
        self.discarded_cc_zz = make.counter(
            "receive_measurement_discard_cc_zz", "Dropped unread: the report id has no country."
        )
        self.bad = make.counter("measurement_bad_count", "Refused submissions by reason.", "reason")
        self.accepted = make.counter("oonib_measurements_accepted", "Durably stored.")
        self.duplicates = make.counter("oonib_measurements_duplicate", "Sent again, not stored again.")
        self.verifications = make.counter(
            "oonib_credential_verifications",
            "Submissions with a credential by verdict and what was wrong with it.",
            "status",
            "error",
        )
        self.commit_seconds = make.seconds("oonib_spool_commit_seconds", "From submission to durable.")
        self.backlog = make.gauge("oonib_spool_unscored", "Accepted and not scored yet.")
        self.ledger_missing = make.gauge(
            "oonib_ledger_missing",
            "Accepted, settled, and in no other count of the ledger (or in two), by scoring and archive.",
            "stage",
        )
