"""What is counted about reference data and by GeoIP, under the names of ops contract 1 and 5.2."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class ReferenceMetrics:
    """Sizes and times of updates; agreement of submissions with where they came from."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, registry=registry, multiprocess_mode="mostrecent")

        def counter(name: str, text: str) -> Counter:
            return Counter(name, text, registry=registry)

        self.seconds = Histogram(
            "oonib_updater_seconds",
            "Time of a step of an update.",
            ("step",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.test_list_len = gauge("citizenlab_test_list_len", "Addresses in the test lists.")
        self.dns_len = gauge("fingerprints_dns_tmp_len", "DNS fingerprints.")
        self.http_len = gauge("fingerprints_http_tmp_len", "HTTP fingerprints.")
        self.asn_len = gauge("asnmeta_tmp_len", "Names of networks.")
        self.asn_nodes = gauge("geoip_asn_node_cnt", "Nodes of the database of networks.")
        self.asn_epoch = gauge("geoip_asn_epoch", "When the database of networks was built.")
        self.cc_nodes = gauge("geoip_cc_node_cnt", "Nodes of the database of countries.")
        self.cc_epoch = gauge("geoip_cc_epoch", "When the database of countries was built.")
        self.geoip_checkfail = counter("ooni_geoip_checkfail", "GeoIP files that were refused.")
        self.geoip_updated = counter("ooni_geoip_updated", "GeoIP files that were replaced.")
        self.geoip_seconds = Histogram(
            "geoip_download_time", "Fetching and checking GeoIP data.", buckets=_SECONDS, registry=registry
        )
        self.match = counter("probe_cc_asn_match", "Submissions from the network that they name.")
        self.nomatch = Counter(
            "probe_cc_asn_nomatch",
            "Submissions from another country (cc), network (asn) or both.",
            ("mismatch",),
            registry=registry,
        )
        self.unrecorded = Counter(
            "oonib_faulty_measurements_unrecorded",
            "Such submissions that no row was written for, by reason.",
            ("reason",),
            registry=registry,
        )
