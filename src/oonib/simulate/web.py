"""Test keys of web_connectivity: an open site, each way of blocking it, and the troubles that look alike."""

from dataclasses import dataclass
from random import Random

from oonib.scoring import Fingerprint
from oonib.simulate import parts
from oonib.simulate.censorship import Block
from oonib.simulate.geography import Network
from oonib.simulate.outcome import Noise
from oonib.simulate.pages import Paper, page_size
from oonib.simulate.parts import Fields
from oonib.simulate.sites import Site

_STOPPED: dict[str, tuple[str, str]] = {
    "tcp_ip": ("generic_timeout_error", "tcp_ip"),
    "http-failure": ("connection_reset", "http-failure"),
    "nxdomain": ("dns_nxdomain_error", "dns"),
}
"""Failure that the probe sees and verdict that it gives, for blocking that shows no page."""

_FALSE_ALARMS = {"parking": "starter.fp_parking", "vague": "starter.vague_denied"}


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a site from a network, and what comes in its way."""

    site: Site
    network: Network
    block: Block | None = None
    noise: Noise | None = None


class WebKeys:
    """Makes test keys. `fingerprints` give the traces that censors leave."""

    def __init__(self, paper: Paper, fingerprints: dict[str, Fingerprint]) -> None:
        self._paper = paper
        self._fingerprints = fingerprints

    def make(self, rng: Random, visit: Visit, size: int | None = None) -> Fields:
        """Test keys of one visit; `size` sets the length of the page."""
        page = self._paper.page(rng, visit.site.domain, size or page_size(rng))
        method = visit.block.method if visit.block else None
        if method in _STOPPED:
            failure, verdict = _STOPPED[method]
            return self._stopped(rng, visit, failure, verdict)
        if method == "dns":
            return self._tampered(rng, visit)
        if visit.noise == "down":
            return self._stopped(rng, visit, "connection_refused", False)
        if visit.noise == "control":
            return _keys(rng, visit, None, control_failure="connection_reset", accessible=None)
        keys = _keys(rng, visit, False, requests=self._pages(rng, visit, page))
        if method in ("page", "header") or visit.noise in _FALSE_ALARMS:
            keys |= {"blocking": "http-diff", "accessible": False, "body_length_match": False}
        if visit.noise == "unknown":
            keys["http_experiment_failure"] = "unknown_failure: http2: unexpected frame"
        return keys

    def _stopped(self, rng: Random, visit: Visit, failure: str, verdict: str | bool) -> Fields:
        """Nothing comes back."""
        keys = _keys(rng, visit, verdict, accessible=False, http_experiment_failure=failure)
        site, port = visit.site, 443 if visit.site.is_https else 80
        if failure.startswith("dns_"):
            keys["queries"] = [parts.query(site.domain, kind, None, failure, 0.02) for kind in ("A", "AAAA")]
            return keys | {
                "dns_experiment_failure": failure,
                "dns_consistency": "inconsistent",
                "tcp_connect": [],
            }
        reset = verdict == "http-failure"
        keys["tcp_connect"] = [parts.connect(site.address, port, None if reset else failure, 0.3)]
        asked = parts.request(site.url, site.domain)
        keys["requests"] = [parts.transaction(asked, None, failure, 0.4)]
        address = f"{site.address}:{port}"
        keys["tls_handshakes"] = [parts.handshake(rng, address, site.domain, failure, 0.4)] if reset else []
        return keys

    def _tampered(self, rng: Random, visit: Visit) -> Fields:
        """The resolver lies; the address in its answer does not respond."""
        assert visit.block is not None
        lie = self._fingerprints[visit.block.fingerprint].pattern
        keys = _keys(rng, visit, "dns", accessible=False, http_experiment_failure="generic_timeout_error")
        site = visit.site
        keys["queries"] = [parts.query(site.domain, "A", [parts.answer(lie, asn=0, org="")], None, 0.01)]
        port = 443 if site.is_https else 80
        keys["tcp_connect"] = [parts.connect(lie, port, "generic_timeout_error", 10.0)]
        return keys | {"dns_consistency": "inconsistent"}

    def _pages(self, rng: Random, visit: Visit, page: str) -> list[Fields]:
        """The transactions of a visit that ends with some page."""
        site = visit.site
        asked = parts.request(site.url, site.domain)
        name = visit.block.fingerprint if visit.block else _FALSE_ALARMS.get(visit.noise or "", "")
        if not name:
            headers = {
                "Content-Type": "text/html; charset=utf-8",
                "Server": "nginx",
                "Vary": "Accept-Encoding",
            }
            return [parts.transaction(asked, parts.response(200, page, headers), None, 0.5)]
        trace = self._fingerprints[name]
        wall = self._paper.page(rng, "Notice", 700, trace.pattern if trace.location_found == "body" else "")
        if trace.location_found == "header.location":
            target = f"{trace.pattern}?u={site.domain}"
            there = parts.transaction(
                parts.request(target, "halted.example.my"), parts.response(200, wall, {}), None, 0.6
            )
            moved = parts.response(302, "", {"Location": target, "Content-Length": "0"})
            return [there, parts.transaction(asked, moved, None, 0.5)]
        server = f"{trace.pattern}4.2" if trace.location_found == "header.server" else "httpd"
        return [parts.transaction(asked, parts.response(403, wall, {"Server": server}), None, 0.3)]


def _keys(rng: Random, visit: Visit, blocking: str | bool | None, **changes: object) -> Fields:
    """Test keys of a visit where everything works, with changes."""
    site, port = visit.site, 443 if visit.site.is_https else 80
    address, rtt = f"{site.address}:{port}", rng.uniform(0.01, 0.3)
    answers = [parts.answer(site.address)]
    tls = [parts.handshake(rng, address, site.domain, None, rtt * 4)] if site.is_https else []
    keys: Fields = {
        "agent": "redirect",
        "client_resolver": visit.network.resolver,
        "retries": None,
        "socksproxy": None,
        "network_events": parts.network_events(rng, address, 6),
        "x_dns_whoami": None,
        "queries": [
            parts.query(site.domain, "A", answers, None, rtt),
            parts.query(site.domain, "AAAA", [parts.answer(site.address6)], None, rtt),
        ],
        "requests": [],
        "tcp_connect": [parts.connect(site.address, port, None, rtt * 2)],
        "tls_handshakes": tls,
        "control": _control(site, address),
        "control_failure": None,
        "dns_experiment_failure": None,
        "dns_consistency": "consistent",
        "http_experiment_failure": None,
        "x_dns_flags": 0,
        "x_blocking_flags": 0 if blocking in (False, None) else 1,
        "x_null_null_flags": 0,
        "body_proportion": 1 if blocking is False else 0,
        "body_length_match": True if blocking is False else None,
        "headers_match": True if blocking is False else None,
        "status_code_match": True if blocking is False else None,
        "title_match": True if blocking is False else None,
        "accessible": blocking is False,
        "blocking": blocking,
    }
    keys.update(changes)
    if keys["control_failure"] is not None:
        keys["control"] = {}
    return keys


def _control(site: Site, address: str) -> Fields:
    """What the test helper saw."""
    status = {"status": True, "failure": None}
    return {
        "tcp_connect": {address: status},
        "tls_handshake": {address: {"server_name": site.domain, **status}} if site.is_https else {},
        "quic_handshake": {},
        "http_request": {
            "body_length": 12_000,
            "discovered_h3_endpoint": "",
            "failure": None,
            "title": site.domain,
            "headers": {"Content-Type": "text/html; charset=utf-8", "Server": "nginx"},
            "status_code": 200,
        },
        "http3_request": None,
        "dns": {"failure": None, "addrs": [site.address, site.address6]},
        "ip_info": {site.address: {"asn": 15133, "flags": 10}, site.address6: {"asn": 15133, "flags": 10}},
    }
