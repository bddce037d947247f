"""The names of nettests: what old reports called them, and what is done for which (fastpath contract 10)."""

INVALID = "invalid"

_MAPPED = {
    "HTTP Host": "http_host",
    "http_requests_test": "http_requests",
    "HTTP Requests Test": "http_requests",
    "bridgereachability": "bridge_reachability",
    "TCP Connect": "tcp_connect",
    "DNS tamper": "dns_consistency",
    "dnstamper": "dns_consistency",
    "HTTP Invalid Request Line": "http_invalid_request_line",
    "test_random_big_request_method": "http_invalid_request_line",
    "test_random_invalid_field_count": "http_invalid_request_line",
    "HTTP Header Field Manipulation": "http_header_field_manipulation",
    "test_get_random_capitalization": "http_header_field_manipulation",
    "test_put_random_capitalization": "http_header_field_manipulation",
    "test_post_random_capitalization": "http_header_field_manipulation",
    "Multi Protocol Traceroute Test": "multi_protocol_traceroute",
    "multi_protocol_traceroute_test": "multi_protocol_traceroute",
    "traceroute": "multi_protocol_traceroute",
    "parasitic_traceroute_test": "parasitic_traceroute",
    "parasitic_tcp_traceroute_test": "parasitic_traceroute",
    "tls-handshake": "tls_handshake",
    "captivep": "captive_portal",
    "captiveportal": "captive_portal",
    "HTTPFilteringBypass": "http_filtering_bypass",
    "HTTPTrix": "http_trix",
    "netalyzrwrapper": "netalyzr_wrapper",
    "summary": INVALID,
    "test_get": INVALID,
    "test_post": INVALID,
    "test_put": INVALID,
    "test_send_host_header": INVALID,
}

HTTP = frozenset(
    {
        "http_requests",
        "meek_fronted_requests",
        "domclass_collector",
        "http_keyword_filtering",
        "http_uk_mobile_networks",
        "http_header_field_manipulation",
        "http_url_list",
        "http_host",
        "squid",
        "captive_portal",
        "psiphon",
        "tor_http_requests_test",
    }
)
"""Nettests whose requests are brought into shape. `meek_fronted_requests_test` and `psiphon_test` are not."""

DNS = frozenset({"dns_consistency", "dns_injection", "captive_portal"})
"""Nettests whose queries are brought into shape."""

UNSUPPORTED = frozenset(
    {
        "lantern",
        "psiphon",
        "chinatrigger",
        "keyword_filtering",
        "parasitic_traceroute",
        "multi_protocol_traceroute",
        "dns_spoof",
        "captive_portal",
        "tls_handshake",
        "tcp_connect",
        "bridge_reachability",
    }
)
"""Nettests that are left out: no rule says what their keys would be today."""


def nettest(name: str | None) -> str:
    """Today's name of a nettest."""
    if name is None:
        return INVALID
    return _MAPPED.get(name, name.lower())
