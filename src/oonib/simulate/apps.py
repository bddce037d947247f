"""Test keys of messengers and tunnels, open or blocked."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from oonib.simulate import parts
from oonib.simulate.outcome import Noise
from oonib.simulate.parts import Fields

_TIMEOUT = "generic_timeout_error"

AppKeys = Callable[[Random, bool], Fields]
"""Makes test keys; the second argument says whether the service is blocked."""


def telegram(rng: Random, blocked: bool) -> Fields:
    """telegram: data centres and the web page."""
    failure = _TIMEOUT if blocked else None
    centres = [f"93.184.217.{i}" for i in range(1, 9)]
    requests = [_fetch(f"http://{ip}:{port}/", ip, failure) for ip in centres for port in (80, 443)]
    requests += [_fetch("https://web.telegram.org/", "web.telegram.org", failure)]
    return _common(rng, "web.telegram.org") | {
        "requests": requests,
        "tcp_connect": [parts.connect(ip, port, failure, 0.1) for ip in centres for port in (80, 443)],
        "telegram_http_blocking": blocked,
        "telegram_tcp_blocking": blocked,
        "telegram_web_failure": failure,
        "telegram_web_status": "blocked" if blocked else "ok",
    }


def whatsapp(rng: Random, blocked: bool) -> Fields:
    """whatsapp: web page, registration server, endpoints."""
    failure = _TIMEOUT if blocked else None
    status = "blocked" if blocked else "ok"
    endpoints = [f"93.184.218.{i}" for i in range(1, 13)]
    return _common(rng, "web.whatsapp.com") | {
        "requests": [
            _fetch("https://v.whatsapp.net/v2/register", "v.whatsapp.net", failure),
            _fetch("https://web.whatsapp.com/", "web.whatsapp.com", failure),
        ],
        "tcp_connect": [parts.connect(ip, 5222, failure, 0.1) for ip in endpoints],
        "registration_server_failure": failure,
        "registration_server_status": status,
        "whatsapp_endpoints_blocked": [],
        "whatsapp_endpoints_dns_inconsistent": [],
        "whatsapp_endpoints_status": status,
        "whatsapp_web_failure": failure,
        "whatsapp_web_status": status,
    }


def facebook_messenger(rng: Random, blocked: bool) -> Fields:
    """facebook_messenger: names that resolve as they should and addresses that answer, or not."""
    keys = _common(rng, "edge-mqtt.facebook.com")
    for name in ("b_api", "b_graph", "edge", "external_cdn", "scontent_cdn", "star"):
        keys[f"facebook_{name}_dns_consistent"] = True
        keys[f"facebook_{name}_reachable"] = not blocked
    failure = _TIMEOUT if blocked else None
    return keys | {
        "facebook_stun_dns_consistent": True,
        "facebook_stun_reachable": None,
        "facebook_dns_blocking": False,
        "facebook_tcp_blocking": blocked,
        "tcp_connect": [parts.connect(f"93.184.219.{i}", 443, failure, 0.1) for i in range(1, 7)],
    }


def signal(rng: Random, blocked: bool) -> Fields:
    """signal: the backend, as its only verdict."""
    hosts = ("storage.signal.org", "api.directory.signal.org", "cdn.signal.org", "sfu.voip.signal.org")
    failure = _TIMEOUT if blocked else None
    return _common(rng, hosts[0]) | {
        "requests": [_fetch(f"https://{host}/", host, failure) for host in hosts],
        "signal_backend_status": "blocked" if blocked else "ok",
        "signal_backend_failure": failure,
    }


def tor(_rng: Random, blocked: bool) -> Fields:
    """tor: directory authorities and bridges, most of them out of reach where it is blocked."""
    targets = {}
    for i in range(14):
        failure = _TIMEOUT if blocked and i != 0 else None
        ip = f"93.184.220.{i + 1}"
        targets[f"{ip}:443"] = {
            "agent": "redirect",
            "failure": failure,
            "network_events": None,
            "queries": None,
            "requests": None,
            "summary": {"connect": {"failure": failure}},
            "target_address": f"{ip}:443",
            "target_name": f"relay{i}",
            "target_protocol": "or_port_dirauth" if i < 7 else "obfs4",
            "tcp_connect": [parts.connect(ip, 443, failure, 0.2)],
            "tls_handshakes": None,
        }
    accessible = 1 if blocked else 14
    return {
        "or_port_dirauth_total": 7,
        "obfs4_total": 7,
        "obfs4_accessible": accessible // 2,
        "targets": targets,
    }


def psiphon(rng: Random, blocked: bool) -> Fields:
    """psiphon: it starts or it does not."""
    host = "www.search.example"
    return _common(rng, host) | {
        "bootstrap_time": 0 if blocked else round(rng.uniform(2, 20), 6),
        "failure": _TIMEOUT if blocked else None,
        "queries": None,
        "requests": [] if blocked else [_fetch(f"https://{host}/humans.txt", host, None)],
        "socksproxy": "socks5://127.0.0.1:46511",
        "tunnel": "psiphon",
        "max_runtime": 60,
    }


APPS: Mapping[str, AppKeys] = MappingProxyType(
    {
        "telegram": telegram,
        "whatsapp": whatsapp,
        "facebook_messenger": facebook_messenger,
        "signal": signal,
        "tor": tor,
        "psiphon": psiphon,
    }
)


def broken(test_name: str, keys: Fields) -> Fields:
    """The same test as a probe reports it that could not run it."""
    empty: dict[str, Fields] = {
        "whatsapp": {"requests": []},
        "telegram": {"requests": [{"request": {}, "failure": "unknown_failure"}]},
        "facebook_messenger": {},
        "signal": {"signal_backend_status": None},
        "tor": {"targets": {}},
        "psiphon": {"bootstrap_time": 0},
    }
    return keys | empty[test_name]


def breaks(test_name: str) -> Noise | None:
    """The noise of a run that failed; facebook_messenger has no way to say so."""
    return None if test_name == "facebook_messenger" else "broken"


def _common(rng: Random, host: str) -> Fields:
    address = "93.184.217.1:443"
    return {
        "agent": "redirect",
        "failed_operation": None,
        "failure": None,
        "network_events": parts.network_events(rng, address, 12),
        "queries": [parts.query(host, "A", [parts.answer("93.184.217.1")], None, 0.05)],
        "tls_handshakes": [parts.handshake(rng, address, host, None, 0.2)],
    }


def _fetch(url: str, host: str, failure: str | None) -> Fields:
    page = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body></body></html>\r\n"
    answer = (
        None
        if failure
        else parts.response(404, page, {"Content-Type": "text/html", "Server": "nginx/0.3.33"})
    )
    return parts.transaction(parts.request(url, host), answer, failure, 0.2)
