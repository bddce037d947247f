"""What is counted about reference data and by GeoIP, under the names of ops contract 1 and 5.2."""

from prometheus_client import CollectorRegistry

from oonib.metrics.making import Making

_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class ReferenceMetrics:
    """Sizes and times of updates; agreement of submissions with where they came from."""

    def __init__(self, registry: CollectorRegistry) -> None:
        make = Making(registry)
        self.seconds = make.seconds(
            "oonib_updater_seconds",
            "Time of a step of an update.",
            "step",
            buckets=_SECONDS,
        )
        self.test_list_len = make.gauge("citizenlab_test_list_len", "Addresses in the test lists.")
        self.dns_len = make.gauge("fingerprints_dns_tmp_len", "DNS fingerprints.")
        self.http_len = make.gauge("fingerprints_http_tmp_len", "HTTP fingerprints.")
        self.asn_len = make.gauge("asnmeta_tmp_len", "Names of networks.")
        self.asn_nodes = make.gauge("geoip_asn_node_cnt", "Nodes of the database of networks.")
        self.asn_epoch = make.gauge("geoip_asn_epoch", "When the database of networks was built.")
        self.cc_nodes = make.gauge("geoip_cc_node_cnt", "Nodes of the database of countries.")
        self.cc_epoch = make.gauge("geoip_cc_epoch", "When the database of countries was built.")
        self.geoip_checkfail = make.counter("ooni_geoip_checkfail", "GeoIP files that were refused.")
        self.geoip_updated = make.counter("ooni_geoip_updated", "GeoIP files that were replaced.")
        self.geoip_seconds = make.seconds(
            "geoip_download_time", "Fetching and checking GeoIP data.", buckets=_SECONDS
        )
        self.match = make.counter("probe_cc_asn_match", "Submissions from the network that they name.")
        self.nomatch = make.counter(
            "probe_cc_asn_nomatch",
            "Submissions from another country (cc), network (asn) or both.",
            "mismatch",
        )
        self.unrecorded = make.counter(
            "oonib_faulty_measurements_unrecorded",
            "Such submissions that no row was written for, by reason.",
            "reason",
        )
