"""Test keys of the tests that look at the line itself: middleboxes and speed."""

import json
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from oonib.simulate import parts
from oonib.simulate.parts import Fields

LineKeys = Callable[[Random, bool], Fields]
"""Makes test keys; the second argument says whether a middlebox is in the way."""


def http_header_field_manipulation(rng: Random, tampered: bool) -> Fields:
    """Headers in odd case, and the helper's list of those that arrived."""
    plain = {
        "accept": "*/*",
        "accept-charset": "utf-8;q=0.7",
        "host": "kCvnQGfRzbTLsWx.com",
        "user-agent": "x/1",
    }
    sent = {_odd_case(rng, name): value for name, value in plain.items()}
    seen = {(name.title() if tampered else name): [value] for name, value in sent.items()}
    body = json.dumps({"headers_dict": seen, "request_line": "GeT / HTTP/1.1", "request_headers": []})
    asked = parts.request("http://93.184.216.9:80", "x") | {"headers": sent}
    return {
        "agent": "agent",
        "failure": None,
        "requests": [parts.transaction(asked, parts.response(200, body, {"Server": "helper"}), None, 0.1)],
        "socksproxy": None,
        "tampering": {"header_name_capitalization": tampered, "header_name_diff": [], "total": False},
    }


def http_invalid_request_line(_rng: Random, tampered: bool) -> Fields:
    """Malformed requests to an echo server, and what came back."""
    sent = [
        "GET cache_object://localhost/ HTTP/1.0\n\r",
        "XWCZ / HTTP/1.1\n\r",
        "RQTK / FOO/BAR\n\r",
        f"{'X' * 1024} / HTTP/1.1\n\r",
    ]
    changed = ["HTTP/1.1 400 Bad Request\r\nServer: squid/3.5\r\n\r\n", *sent[1:]]
    return {
        "failure_list": [None] * len(sent),
        "received": changed if tampered else sent,
        "sent": sent,
        "tampering_list": [tampered] + [False] * (len(sent) - 1),
        "tampering": tampered,
    }


def ndt(rng: Random, _tampered: bool) -> Fields:
    """A speed test with its samples."""
    speed = rng.lognormvariate(9.5, 1.0)
    return {
        "download": [_sample("download", i, speed) for i in range(1, 40)],
        "upload": [_sample("upload", i, speed / 3) for i in range(1, 20)],
        "failure": None,
        "protocol": 7,
        "server": {"hostname": "ndt-sim01.speed.example", "site": "sim01"},
        "summary": {"download": speed, "upload": speed / 3, "ping": 30.5, "min_rtt": 28.1, "mss": 1428},
    }


def dash(rng: Random, _tampered: bool) -> Fields:
    """A video streaming test with its pieces."""
    rate = rng.choice((3000, 5000, 8000, 20_000))
    piece = {
        "connect_time": 0.0135,
        "elapsed": 0.09,
        "elapsed_target": 2,
        "rate": rate,
        "received": rate * 250,
    }
    return {
        "server": {"hostname": "dash-sim01.speed.example", "site": "sim01"},
        "simple": {"connect_latency": 0.0135, "median_bitrate": rate, "min_playout_delay": 0},
        "failure": None,
        "receiver_data": [piece | {"iteration": i, "version": "0.008000000"} for i in range(15)],
    }


LINES: Mapping[str, LineKeys] = MappingProxyType(
    {
        "http_header_field_manipulation": http_header_field_manipulation,
        "http_invalid_request_line": http_invalid_request_line,
        "ndt": ndt,
        "dash": dash,
    }
)
MIDDLEBOX_TESTS = frozenset({"http_header_field_manipulation", "http_invalid_request_line"})


def _odd_case(rng: Random, name: str) -> str:
    # The first letter is lower case, so that a middlebox that tidies names always changes them.
    return name[0] + "".join(rng.choice((c.upper(), c)) for c in name[1:])


def _sample(direction: str, number: int, speed: float) -> Fields:
    return {
        "AppInfo": {"NumBytes": int(speed * number * 32), "ElapsedTime": 250_000 * number},
        "Origin": "client",
        "Test": direction,
    }
