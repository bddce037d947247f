"""Geolookup and the paths that have moved (probe contract 10 and 12)."""

import json

import httpx
import pytest

PATH = "/api/v1/geolookup"


def test_geolookup(client: httpx.Client) -> None:
    asked = {"addresses": ["198.51.100.7", "8.8.8.8", "10.0.0.1", "2001:DB8::1"]}
    answer = client.post(PATH, content=json.dumps(asked), headers={"Content-Type": "text/plain"})
    nowhere = {"cc": "ZZ", "asn": None, "as_name": None}
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.json() == {
        "v": 1,
        "geolocation": {
            "198.51.100.7": {"cc": "BR", "asn": 28573, "as_name": "Cabo SA"},
            "8.8.8.8": {"cc": "US", "asn": 15169, "as_name": "Google LLC"},
            "10.0.0.1": nowhere,
            "2001:db8::1": nowhere,
            "2001:DB8::1": nowhere,
        },
    }


REFUSED = [
    (b"", 400),
    (b"[]", 400),
    (b"{}", 422),
    (b'{"addresses": ["x"]}', 422),
    (json.dumps({"addresses": ["8.8.8.8"] * 1001}).encode(), 400),
    (b'{"addresses": ["' + b"1" * 300_000 + b'"]}', 413),
]


@pytest.mark.parametrize(("body", "status"), REFUSED)
def test_refused(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post(PATH, content=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_thousand_at_once(client: httpx.Client) -> None:
    asked = {"addresses": [f"8.8.{n // 250}.{n % 250}" for n in range(1000)]}
    assert len(client.post(PATH, json=asked).json()["geolocation"]) == 1000


def test_robots(client: httpx.Client) -> None:
    answer = client.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "max-age=86400"
    lines = answer.text.splitlines()
    assert (lines[0], lines[-1]) == ("User-agent: *", "Crawl-delay: 300")
    assert [line.removeprefix("Disallow: ") for line in lines[1:-1]] == [
        "/api/_",
        "/api/v1/aggregation",
        "/api/v1/measurement_meta",
        "/api/v1/raw_measurement",
        "/api/v1/test-list/urls",
        "/api/v1/torsf_stats",
        "/files",
        "/stats",
        "/201",
        "/202",
    ]


SEARCH = "https://explorer.ooni.org/search"
MOVED = {
    "/stats": "https://explorer.ooni.org",
    "/files": SEARCH,
    "/files/by_date": SEARCH,
    "/files/by_country": SEARCH,
    "/files/by_date/2024-02-28": f"{SEARCH}?until=2024-02-29&since=2024-02-28",
    "/files/by_country/br": f"{SEARCH}?probe_cc=BR",
    "/2024-02-28": f"{SEARCH}?until=2024-02-29&since=2024-02-28",
    "/apidocs/": "/docs",
    "/apispec_1.json": "/openapi.json",
}


@pytest.mark.parametrize(("path", "target"), MOVED.items())
def test_moved(client: httpx.Client, path: str, target: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, target)


def test_what_never_was(client: httpx.Client) -> None:
    answer = client.get("/api/v1/files")
    assert (answer.status_code, answer.json()) == (200, {"msg": "not implemented"})
    assert answer.headers["cache-control"] == "max-age=86400"
    answer = client.get("/api/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/apidocs")


NOWHERE = [
    "/files/by_date/2024-02-30",
    "/files/by_date/20240228",
    "/files/by_date/2024-W09-3",
    "/files/by_date/9999-12-31",
    "/files/by_date/x%0d%0aLocation:%20x",
    "/files/by_country/BRA",
    "/files/by_country/%0d%0a",
    "/files/by_country/12",
    "/files/by_country/%C3%A9%C3%A9",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_moved_nowhere(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 400


def test_a_report_of_a_day_has_moved(client: httpx.Client) -> None:
    answer = client.get("/2024-02-28/20240228T101500Z-IT-AS1-web.json")
    where = "/files/download/20240228T101500Z-IT-AS1-web.json"
    assert (answer.status_code, answer.headers["location"]) == (302, where)
    odd = client.get("/2024-02-28/a%0d%0a%3F.json")
    assert odd.headers["location"] == "/files/download/a%0D%0A%3F.json"


@pytest.mark.parametrize(
    "path", ["/2024-02-30", "/20240228", "/20", "/2024-02-30/x.json", "/2024-02-28/x.txt"]
)
def test_what_is_no_day_is_nowhere(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
