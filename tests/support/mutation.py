"""Measurements with wrong types and odd values in any place: small right bodies, and what is done to them.

Everything is decided by one `random.Random`, so a seed, or hypothesis, repeats a body byte for byte.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

_RAW = "\x00raw:"
"""Marks a text that stands for a JSON token that Python would not write."""

_FRAME: dict[str, Any] = {
    "report_id": "20240506T070800Z_x_IT_64501_n1_AbCdEfGhIjKlMnOp",
    "probe_cc": "IT",
    "probe_asn": "AS64501",
    "test_start_time": "2024-05-06 07:08:00",
    "measurement_start_time": "2024-05-06 07:08:09",
    "test_runtime": 1.25,
    "test_version": "0.4.3",
    "software_name": "ooniprobe-android",
    "software_version": "3.8.4",
    "input": "https://a.example:8443/x?y#z",
    "resolver_ip": "192.0.2.53",
    "resolver_asn": "AS64502",
    "resolver_network_name": "Net",
    "probe_network_name": "Net",
    "options": None,
    "annotations": {
        "platform": "android",
        "engine_name": "ooniprobe-engine",
        "engine_version": "3.22.0",
        "architecture": "arm64",
        "ooni_run_link_id": "10009",
    },
    "test_helpers": {"backend": {"address": "https://th.example", "type": "https"}},
}
_TCP = [
    {"ip": "192.0.2.1", "port": 443, "status": {"success": True, "failure": None, "blocked": False}},
    {"ip": "192.0.2.2", "port": 443, "status": {"success": False, "failure": "generic_timeout_error"}},
]


def _request(url: str, **response: Any) -> dict[str, Any]:
    return {
        "failure": None,
        "request": {"url": url, "method": "GET", "headers": {"aBc": "dEf"}, "tor": {"is_tor": False}},
        "response": {"code": 200, "body": "the page is shut", "headers": {"Server": "Wall 1"}, **response},
    }


_HEADERS_DICT = '{"headers_dict":{"aBc":["dEf"],"Connection":["close"]},"request_line":"GET / HTTP/1.1"}'

TEST_KEYS: dict[str, dict[str, Any]] = {
    "web_connectivity": {
        "blocking": "http-diff",
        "accessible": False,
        "title_match": False,
        "body_length_match": False,
        "headers_match": True,
        "control_failure": None,
        "dns_experiment_failure": "dns_nxdomain_error",
        "queries": [{"hostname": "a.example", "answers": [{"answer_type": "A", "ipv4": "192.0.2.66"}]}],
        "requests": [
            _request("https://a.example/"),
            _request(
                "http://a.example/",
                body={"format": "base64", "data": "dGhlIHBhZ2UgaXMgc2h1dA=="},
                headers={"Server": {"format": "base64", "data": "V2FsbCAx"}, "Location": "http://b.example/"},
            ),
        ],
        "tcp_connect": _TCP,
    },
    "http_requests": {
        "body_length_match": False,
        "headers_match": False,
        "requests": [_request("https://a.example/"), _request("https://a.example/", body=None)],
    },
    "telegram": {
        "telegram_web_status": "blocked",
        "telegram_tcp_blocking": True,
        "requests": [_request("https://web.telegram.org/"), _request("http://192.0.2.1/")],
        "tcp_connect": _TCP,
    },
    "whatsapp": {
        "whatsapp_web_failure": None,
        "registration_server_failure": None,
        "requests": [
            _request("https://web.whatsapp.com/"),
            _request("https://v.whatsapp.net/v2/register"),
        ],
        "tcp_connect": _TCP,
    },
    "facebook_messenger": {
        "facebook_b_api_dns_consistent": False,
        "facebook_b_api_reachable": None,
        "facebook_tcp_blocking": True,
        "facebook_dns_blocking": True,
    },
    "signal": {"signal_backend_status": "blocked", "signal_backend_failure": "eof_error", "failure": None}
    | {"failed_operation": None},
    "tor": {
        "targets": {
            "a": {"failure": None, "network_events": [], "target_address": "192.0.2.1:9001"},
            "b": {"failure": "connection_refused", "network_events": None},
        }
    },
    "vanilla_tor": {"tor_log": "Bootstrapped 50%", "tor_logs": ["Bootstrapped 80%"], "tor_progress": 80},
    "torsf": {"failure": None, "bootstrap_time": 12.5, "success": True},
    "psiphon": {"failure": None, "bootstrap_time": 4.25, "max_runtime": 0},
    "openvpn": {
        "success": True,
        "failure": "generic_timeout_error",
        "bootstrap_time": 1.5,
        "minivpn_version": "v0.0.7",
        "obfs4_version": "v1",
        "obfuscation": "none",
        "provider": "riseupvpn",
        "remote": "192.0.2.1:1194",
        "transport": "udp",
        "success_handshake": True,
        "success_icmp": False,
        "success_urlgrab": True,
        "network_events": [{"transaction_id": 3}, {"transaction_id": 1}],
    },
    "http_header_field_manipulation": {"requests": [_request("http://192.0.2.1", body=_HEADERS_DICT)]},
    "http_invalid_request_line": {"sent": ["a b c\r\n", "d"], "received": ["a b c\r\n", "e"]},
    "meek_fronted_requests_test": {
        "requests": [
            _request("https://a.example/", headers={"Server": "ECAcc (x)"}),
            _request("https://a.example/", headers=[["Server", ["ECAcc (x)", "y"]]]),
        ]
    },
    "tcp_connect": {"connection": "connection_refused_error"},
    "dash": {"failure": "ssl_error: x", "simple": {"median_bitrate": 1}},
    "stunreachability": {"failure": "dns_lookup_error", "endpoint": "stun.example:3478"},
    "browser_web": {"result": "error", "browser_name": "firefox", "load_time_ms": 812.5},
    "ndt": {"failure": None, "summary": {"upload": 1.0}},
    "riseupvpn": {"api_status": "ok"},
    "dns_consistency": {"queries": [], "inconsistent": []},
    "urlgetter": {"failure": None},
}


def bodies() -> list[dict[str, Any]]:
    """One envelope for each nettest."""
    return [
        {
            "format": "json",
            "content": {**_FRAME, "test_name": name, "test_keys": keys},
            "is_verified": "u",
        }
        for name, keys in TEST_KEYS.items()
    ]


def _deep(rng: random.Random) -> Any:
    value: Any = rng.choice([1, "x", None])
    for _ in range(rng.choice([3, 40, 150])):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


_ODD: tuple[Callable[[random.Random], Any], ...] = (
    lambda rng: None,
    lambda rng: rng.choice([True, False]),
    lambda rng: rng.choice([0, 1, -1, 0.0, -0.0, 0.5, 2**31, 2**63, 2**64, -(2**63), 10**30, -(10**300)]),
    lambda rng: rng.choice([1e308, -1e308, 1e-320, 3.5e38, 1e22]),
    lambda rng: _RAW + rng.choice(["1e999", "-1e999", "9" * 500, "-0", "1E+2", "0." + "3" * 300]),
    lambda rng: rng.choice(["", " ", "0", "1", "-1", "9" * 5000, "inf", "nan", "true", "ok", "AS0", "ZZ"]),
    lambda rng: rng.choice(["\ud800", "\udfff\ud800", "x\ud83d", "\x00", "\u202e", "ééé", "\U0001f4a5", "/"]),
    lambda rng: rng.choice(["unknown_failure 'ascii' co", "blocked", "dns", "base64", "shut", "Wall 1"]),
    lambda rng: rng.choice(["http://[::1", "//", "http://a\ud800/", "2024-05-06 07:08:09", "1!2.3.dev0"]),
    lambda rng: rng.choice(["x", "\u00e9", "1.", "[", '{"a":', "AS1", "\\"]) * rng.choice([10, 1000, 60_000]),
    lambda rng: rng.choice([[], {}, [[]], [{}], {"": {}}, [None], [[], {}], {"a": None}]),
    lambda rng: rng.choice([["a", 1], [["a"]], [["Server", []]], [1, "x", None], {"format": "base64"}]),
    lambda rng: {
        "format": "base64",
        "data": rng.choice([None, 1, "", "=", "QQ", "QQ==", "Q", "é", "\ud800"]),
    },
    lambda rng: [rng.choice([None, 0, "", [], {}])] * rng.choice([2, 300]),
    _deep,
)


def odd_value(rng: random.Random) -> Any:
    """A value of any type, seldom one that belongs where it goes."""
    return rng.choice(_ODD)(rng)


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def places(value: Any, at: Path = (), deepest: int = 12) -> list[Path]:
    """The path of every node below `value`."""
    found: list[Path] = []
    for key, child in _children(value):
        found.append((*at, key))
        if deepest:
            found += places(child, (*at, key), deepest - 1)
    return found


def changed(value: Any, path: Path, change: Callable[[Any, str | int], None]) -> Any:
    """A copy of `value` in which `change(parent, key)` has been called for the node at `path`."""
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        change(copy, path[0])
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], change)
    return copy


def _delete(parent: Any, key: str | int) -> None:
    del parent[key]


def _duplicate(parent: Any, key: str | int) -> None:
    if isinstance(parent, list):
        parent.extend([parent[int(key)]] * 3)
    else:
        parent[f"{key}_failure"] = parent[key]


def mutate(rng: random.Random, body: Any, most: int = 4) -> Any:
    """`body` with one to `most` nodes replaced, removed, doubled or swapped for one from elsewhere."""
    for _ in range(rng.randint(1, most)):
        paths = places(body)
        if not paths:
            return odd_value(rng)
        path = rng.choice(paths)
        kind = rng.randrange(10)
        if kind == 0:
            body = changed(body, path, _delete)
        elif kind == 1:
            body = changed(body, path, _duplicate)
        else:
            new = at(body, rng.choice(paths)) if kind == 2 else odd_value(rng)
            body = changed(body, path, lambda parent, key, new=new: parent.__setitem__(key, new))
    return body


def at(value: Any, path: Path) -> Any:
    """The node at `path`."""
    for key in path:
        value = value[key]
    return value


def written(body: Any, rng: random.Random | None = None) -> bytes:
    """`body` as JSON; with `rng` now and then with a key that stands there twice."""
    text = json.dumps(body)
    marker = json.dumps(_RAW)[:-1]
    parts = text.split(marker)
    text = parts[0] + "".join(token.replace('"', "", 1) for token in parts[1:])
    if rng is not None and rng.random() < 0.1 and isinstance(body, dict) and body:
        key = rng.choice(list(body))
        text = f"{text[:-1]},{json.dumps(key)}:{json.dumps(rng.choice([None, '', 0, [], {}]))}}}"
    return text.encode()
