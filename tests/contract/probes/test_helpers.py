"""Test helpers, collectors and the bouncer as tables (probe contract 3)."""

import ipaddress
import json
from collections import Counter
from typing import Any

import httpx
import pytest

from .conftest import HELPERS, Backend
from support.goclient import STRING, ListOf, MapOf, read
from support.processes import wait_until

LISTS = MapOf(ListOf({"address": STRING, "type": STRING, "front": STRING}))
KEYS = {"dns", "http-return-json-headers", "ssl", "tcp-echo", "traceroute", "web-connectivity"}
PATH = "/api/v1/test-helpers"


def ask(client: httpx.Client, address: str = "192.0.2.1") -> Any:
    return read(client.get(PATH, headers={"X-Forwarded-For": address}), LISTS)


def test_as_the_client_reads_it(client: httpx.Client) -> None:
    answer = client.get(PATH)
    assert answer.headers["cache-control"] == "no-cache"
    lists = read(answer, LISTS)
    assert set(lists) == KEYS
    assert None not in [
        value for entries in answer.json().values() for entry in entries for value in entry.values()
    ]
    for key in ("tcp-echo", "http-return-json-headers"):
        assert lists[key][0]["type"] == "legacy"
    assert lists["http-return-json-headers"][0]["address"].startswith("http://")
    web = lists["web-connectivity"]
    assert {entry["address"][8] for entry in web[:-1]} == {"0", "1", "2", "3"}
    assert web[-1] == {"address": "https://cdn.example.org", "type": "cloudfront", "front": "cdn.example.org"}


def test_out_of_the_box(bare_client: httpx.Client) -> None:
    web = [entry["address"] for entry in ask(bare_client)["web-connectivity"]]
    names = {f"https://wcth{n}.fra1.{domain}" for n in range(3) for domain in ("ooni.org", "prod.ooni.io")}
    assert set(web[:-1]) == names
    assert web[-1] == "https://d33d1gs9kpq1c5.cloudfront.net"


def test_an_address_keeps_its_order_and_addresses_share_the_load(client: httpx.Client) -> None:
    assert ask(client) == ask(client)
    start = ipaddress.ip_address("203.0.113.0")
    firsts = Counter(ask(client, str(start + n))["web-connectivity"][0]["address"][8] for n in range(200))
    # 20/60/60/60 within four standard deviations
    assert firsts["0"] < 40
    assert all(34 < firsts[number] < 86 for number in "123")


def test_the_file_is_read_again_and_a_broken_one_is_not_used(backend: Backend, client: httpx.Client) -> None:
    path = backend.api.data_dir / "helpers.json"

    def put(raw: bytes) -> None:
        fresh = path.with_name("fresh.json")
        fresh.write_bytes(raw)
        fresh.replace(path)

    def addresses() -> list[str]:
        return [entry["address"] for entry in ask(client)["web-connectivity"]]

    try:
        put(json.dumps({"web-connectivity": [{"address": "https://new.example", "type": "https"}]}).encode())
        wait_until(lambda: addresses() == ["https://new.example"], 10, "the new helper")
        put(b'{"web-connectivity": []}')
        counted = 'oonib_watched_files_total{result="failed",setting="test_helpers"}'
        wait_until(lambda: addresses() and counted in metrics(backend), 10, "the count of the broken file")
        assert addresses() == ["https://new.example"]
        assert "test_helpers" in backend.api.log.read_text()
    finally:
        put(json.dumps(HELPERS).encode())
        wait_until(lambda: len(addresses()) == 5, 10, "the first helpers")


def metrics(backend: Backend) -> str:
    return httpx.get(f"{backend.api.url}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).text


def test_collectors(client: httpx.Client) -> None:
    answer = client.get("/api/v1/collectors")
    assert answer.headers["cache-control"] == "max-age=3600"
    front = "dkyhjv0wpi2dk.cloudfront.net"
    assert (
        answer.json()
        == [
            {"address": "httpo://guegdifjy7bjpequ.onion", "type": "onion"},
            {"address": "https://ams-pg.ooni.org:443", "type": "https"},
            {"address": f"https://{front}", "front": front, "type": "cloudfront"},
        ]
        * 2
    )


BOUNCED = {
    "net-tests": [
        {
            "name": "web_connectivity",
            "version": "0.0.1",
            "collector": "httpo://guegdifjy7bjpequ.onion",
            "collector-alternate": [
                {"type": "https", "address": "https://ams-pg.ooni.org"},
                {
                    "type": "cloudfront",
                    "front": "dkyhjv0wpi2dk.cloudfront.net",
                    "address": "https://dkyhjv0wpi2dk.cloudfront.net",
                },
            ],
            "input-hashes": None,
            "test-helpers": {
                "tcp-echo": "37.218.241.93",
                "http-return-json-headers": "http://37.218.241.94:80",
                "web-connectivity": "httpo://y3zq5fwelrzkkv3s.onion",
            },
            "test-helpers-alternate": {
                "web-connectivity": [
                    {"type": "https", "address": "https://wcth.ooni.io"},
                    {
                        "type": "cloudfront",
                        "front": "d33d1gs9kpq1c5.cloudfront.net",
                        "address": "https://d33d1gs9kpq1c5.cloudfront.net",
                    },
                ]
            },
        }
    ]
}


def test_the_bouncer(client: httpx.Client) -> None:
    first = {"name": "web_connectivity", "version": "0.0.1", "input-hashes": None, "test-helpers": ["x"]}
    answer = client.post("/bouncer/net-tests", json={"net-tests": [first, {"name": 5}]})
    assert (answer.status_code, answer.json()) == (200, BOUNCED)
    assert answer.headers["cache-control"] == "no-cache"


NO_NET_TESTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"net-tests": null}',
    b'{"net-tests": []}',
    b'{"net-tests": {}}',
    b'{"net-tests": ["x"]}',
    b'{"net-tests": [{"name": "x"}]}',
    b'{"net-tests": [{"version": "x"}]}',
    b'{"net-tests": [{"name": null, "version": "x"}]}',
    b'{"net-tests": [{"name": 5, "version": "x"}]}',
    b'{"net-tests": [{"name": "\\ud800", "version": "x"}]}',
]


@pytest.mark.parametrize("body", NO_NET_TESTS)
def test_the_bouncer_refuses(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/bouncer/net-tests", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]
    assert answer.json()["detail"]
