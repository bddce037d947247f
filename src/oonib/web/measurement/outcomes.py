"""Failures of probes in words (the names of the probe's data formats). Pure."""

from typing import Any

from oonib.web.frame.said import Said, said
from oonib.web.measurement.reading import text

_WORDS: dict[str, Said] = {
    "connection_aborted": said("the connection was aborted"),
    "connection_refused": said("the connection was refused"),
    "connection_reset": said("the connection was reset"),
    "connection_already_closed": said("the connection was closed already"),
    "dns_bogon_error": said("the DNS answer is an address that no public site has"),
    "android_dns_cache_no_data": said("the DNS of the phone gave no answer"),
    "dns_lookup_error": said("the DNS lookup failed"),
    "dns_no_answer": said("the DNS gave no answer"),
    "dns_nxdomain_error": said("the DNS says that there is no such domain"),
    "dns_refused_error": said("the DNS server refused to answer"),
    "dns_server_misbehaving": said("the DNS server misbehaved"),
    "dns_servfail_error": said("the DNS server failed"),
    "dns_temporary_failure": said("the DNS failed for a moment"),
    "eof_error": said("the connection was closed before an answer came"),
    "generic_timeout_error": said("nothing came in time"),
    "host_unreachable": said("the host cannot be reached"),
    "interrupted": said("the measurement was interrupted"),
    "json_parse_error": said("the answer is not the JSON that was expected"),
    "network_down": said("the network is down"),
    "network_unreachable": said("the network cannot be reached"),
    "ssl_failed_handshake": said("the TLS handshake failed"),
    "ssl_invalid_certificate": said("the certificate is not valid"),
    "ssl_invalid_hostname": said("the certificate is for another host"),
    "ssl_unknown_authority": said("the certificate is signed by an unknown authority"),
    "timed_out": said("nothing came in time"),
    "http_request_failed": said("the request failed"),
    "response_never_received": said("no answer came"),
    "tcp_timed_out_error": said("nothing came in time"),
    "connect_error": said("no connection could be made"),
    "connection_refused_error": said("the connection was refused"),
}


def failure(value: Any) -> Said | None:
    """What went wrong, None where nothing did (null, false, empty)."""
    if value is None or value is False or value == "":
        return None
    name = text(value, 160)
    if name in _WORDS:
        return said("%(words)s (%(name)s)", words=_WORDS[name], name=name)
    return said("error: %(name)s", name=name or "…")
