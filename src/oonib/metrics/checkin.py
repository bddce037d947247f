"""What is counted about what probes ask for. Names that OONI's dashboards know are kept (ops 5.2)."""

from oonib.metrics.making import Making


class CheckInMetrics:
    """Check-ins, lists of URLs, logins of probes."""

    def __init__(self, make: Making) -> None:
        self.probe_logins = make.counter(
            "probe_login_requests", "Logins of probes by how they went.", "state"
        )
        self.url_choices = make.counter(
            "oonib_url_choices",
            "Lists of URLs for probes: from the ranking, or from the failover list.",
            "source",
        )
        self.check_in_urls = make.gauge("check_in_test_list_count", "URLs of the latest check-in.")
        self.test_list_urls = make.gauge("test_list_urls_count", "URLs of the latest list for an old client.")
        self.geoip_found = make.counter("geoip_ipaddr_found", "Check-ins from a known network.", "probe_cc")
        self.geoip_not_found = make.counter("geoip_ipaddr_not_found", "Check-ins from an unknown network.")
        self.geoip_cc_differs = make.counter("geoip_cc_differs", "Check-ins that claim another country.")
        self.geoip_asn_differs = make.counter("geoip_asn_differs", "Check-ins that claim another network.")
