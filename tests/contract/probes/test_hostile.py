"""Whatever is sent to the endpoints of probes: an answer below 500 with a reason, and life goes on."""

import itertools
import json
import random
import socket
from typing import Any

import httpx
import pytest

from .conftest import Backend

POSTS = [
    "/bouncer/net-tests",
    "/api/v1/register",
    "/api/v1/login",
    "/api/v1/geolookup",
    "/api/v1/sign_credential",
    "/api/v1/submit_measurement",
]
GETS = [
    "/api/v1/test-helpers",
    "/api/v1/collectors",
    "/api/v1/manifest",
    "/api/v1/test-list/tor-targets",
    "/api/v1/test-list/psiphon-config",
    "/api/v2/ooniprobe/vpn-config/riseupvpn",
]
WORDS = [
    "net-tests",
    "name",
    "version",
    "username",
    "password",
    "addresses",
    "manifest_version",
    "credential_sign_request",
    "format",
    "content",
    "nym",
    "zkp_request",
    "protocol_version",
]
NUMBERS: list[Any] = [None, True, 0, -1, 10**30, 1.5]
TEXTS = ["", "x", "json", "\ud800", "\x00", "8.8.8.8", "::1%\n", "{}", "A" * 5000]
RAW = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"NaN",
    b'{"a": NaN}',
    b"[" * 5000,
    b'{"a":' * 5000,
    b'{"a": 1' + b"0" * 5000 + b"}",
    b'{"a": "\\ud800"}',
    b"x" * 300_000,
    b'{"addresses": [' + b'"8.8.8.8",' * 20_000 + b'"x"]}',
]


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["error"]
        assert answer.json()["detail"]


@pytest.mark.parametrize("path", POSTS)
def test_raw_bodies(client: httpx.Client, path: str) -> None:
    kinds = itertools.cycle(["application/json", "text/plain", "multipart/form-data", "\u00e9", ""])
    for raw in RAW:
        headers = {"Content-Type": next(kinds).encode("utf-8")}
        check(client.post(path, content=raw, headers=headers))


def value(rng: random.Random, depth: int) -> Any:
    """Any value, with words that mean something among its keys."""
    if depth == 0 or rng.random() < 0.4:
        return rng.choice(NUMBERS + TEXTS)
    if rng.random() < 0.4:
        return [value(rng, depth - 1) for _ in range(rng.randrange(3))]
    return {rng.choice(WORDS): value(rng, depth - 1) for _ in range(rng.randrange(6))}


@pytest.mark.parametrize("path", POSTS)
def test_odd_objects(client: httpx.Client, path: str) -> None:
    rng = random.Random(path)
    for _ in range(60):
        asked = {rng.choice(WORDS): value(rng, 3) for _ in range(rng.randrange(1, 8))}
        check(client.post(path, content=json.dumps(asked)))


HEADERS = [
    {"X-Forwarded-For": "\u00e9".encode()},
    {"X-Forwarded-For": b"," * 1000},
    {"X-Forwarded-For": b"1.2.3.4, nonsense"},
    {"X-Forwarded-For": b"fe80::1%eth0"},
    {"Authorization": b"Bearer \xff\xfe"},
    {"Authorization": b"Bearer " + b"A" * 8000},
    {"Authorization": b"Bearer a.b.c"},
    {"Host": b"no.such.host.example"},
    {"Accept-Encoding": b"br, zstd;q=1"},
]


@pytest.mark.parametrize("path", GETS)
def test_odd_headers_and_queries(client: httpx.Client, path: str) -> None:
    for headers in HEADERS:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert "content-encoding" not in answer.headers
    for query in ("country_code=%00", "country_code=" + "A" * 5000, "country_code[]=1&a=2", "%ff=%ff"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_a_body_that_stops_half_way(client: httpx.Client, backend: Backend) -> None:
    for path in POSTS:
        with socket.create_connection(("127.0.0.1", backend.api.port)) as probe:
            probe.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
    assert client.get("/version").status_code == 200


def test_nothing_unforeseen_was_logged(backend: Backend) -> None:
    assert "unforeseen error" not in backend.api.log.read_text()
