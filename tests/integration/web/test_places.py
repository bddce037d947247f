"""Places over a real ClickHouse with the synthetic world: what is planted is found, counts are the API's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.gate import Gates
from oonib.simulate import World
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer
from support.html import HOSTILE, Elements
from support.pages import Client
from support.places import NOW, Simulated, simulated
from support.places_pages import Findings, make_places
from support.serving import Backend

COUNTS = ("measurement_count", "ok_count", "anomaly_count", "confirmed_count", "failure_count")
ODD_DOMAIN = '"><img src=x onerror=alert(1)>{{7*7}}\u202e'
ODD_OWNER = "<script>alert(1)</script>\u202e"
ODD_ASN = 64999


@pytest.fixture(scope="module")
def world() -> Simulated:
    return simulated(3000)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, world: Simulated) -> Iterator[Backend]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        backend = Backend(tmp_path_factory.mktemp("places"), warehouse, [])
        backend.now = NOW
        backend.insert(*world.rows)
        # Scored again: each still counts once.
        backend.insert(*world.rows[:200])
        backend.insert(*_odd())
        _surround(warehouse)
        yield backend
        backend.close()
        warehouse.close()


def _odd() -> Iterator[dict[str, Any]]:
    for number in range(12):
        when = NOW - timedelta(days=1 + number % 3)
        yield {
            "measurement_uid": f"{when:%Y%m%d%H%M%S}.{number:06}_MT_odd_0123456789abcdef",
            "report_id": f"odd{number}",
            "input": f"http://{ODD_DOMAIN}/",
            "domain": ODD_DOMAIN,
            "probe_cc": "MT",
            "probe_asn": ODD_ASN,
            "measurement_start_time": when,
            "anomaly": "t",
            "confirmed": "t",
        }


def _surround(warehouse: Warehouse) -> None:
    columns = ["asn", "org_name", "cc", "changed", "aut_name", "source"]
    owners = [
        [network.asn, network.name, network.cc, NOW.date(), "", "SIM"]
        for country in World(1).countries
        for network in country.networks
    ]
    warehouse.insert("asnmeta", columns, [*owners, [ODD_ASN, ODD_OWNER, "MT", NOW.date(), "", "SIM"]])
    listed = [[site.domain, site.url, "ZZ", site.category_code] for site in World(1).sites]
    warehouse.insert(
        "citizenlab",
        ["domain", "url", "cc", "category_code"],
        [*listed, [ODD_DOMAIN, f"http://{ODD_DOMAIN}/", "mt", "NEWS"]],
    )


@pytest.fixture(scope="module")
def client(backend: Backend) -> Client:
    aggregation = AggregationService(backend.aggregation, Gates(), lambda: NOW)
    findings = Findings()
    findings.rows = [
        {
            "id": "1", "slug": "x", "title": HOSTILE[0], "short_description": HOSTILE[1], "CCs": ["IR"],
            "start_time": "2026-02-01T00:00:00.000000Z", "end_time": None,
        }
    ]  # fmt: skip
    return make_places(backend.warehouse, aggregation, findings)


def twin(client: Client, path: str) -> dict[str, Any]:
    """The JSON of a page."""
    answer = client.get(f"{path}{'&' if '?' in path else '?'}format=json")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def items(page: dict[str, Any]) -> list[dict[str, Any]]:
    """All that is judged."""
    return [one for group in page["blocked"].values() for one in group]


def listed(backend: Backend, link: str) -> int:
    """How many measurements a link to the search leads to."""
    parameters = [*parse_qsl(urlsplit(link).query), ("limit", "10000")]
    return len(backend.client.get("/api/v1/measurements", params=parameters).json()["results"])


def test_what_is_planted_is_found_and_nothing_else(client: Client, world: Simulated) -> None:
    now, over = set(), set()
    for probe_cc in sorted({probe_cc for probe_cc, _ in world.tallies}):
        for one in items(twin(client, f"/country/{probe_cc}")):
            (now if one["ongoing"] else over).add((probe_cc, one["domain"] or one["test_name"]))
    assert now | over <= world.lasting | world.ended
    assert over <= world.ended
    # Of what ended, some was not measured since.
    assert len(now & world.lasting) >= 0.9 * len(now)
    assert len(now) > 40


def test_the_counts_of_a_country_are_those_of_the_api(backend: Backend, client: Client) -> None:
    page = twin(client, "/country/IR")
    bounds = {"since": page["since"], "until": page["until"], "probe_cc": "IR"}
    followed = 0
    for one in items(page):
        asked = {**bounds, "test_name": one["test_name"]}
        if one["domain"]:
            asked["domain"] = one["domain"]
        result = backend.client.get("/api/v1/aggregation", params=asked).json()["result"]
        assert {name: one[name] for name in COUNTS} == result
        assert listed(backend, one["links"]["search"]) == one["measurement_count"]
        strongest = "confirmed_count" if one["verdict"] == "confirmed" else "anomaly_count"
        assert listed(backend, one["links"]["evidence"]) == one[strongest]
        for on in one["networks"]:
            assert listed(backend, on["search"]) == on["measurement_count"]
        followed += 1
    assert followed >= 5
    days = backend.client.get(
        "/api/v1/aggregation", params={**bounds, "axis_x": "measurement_start_day", "time_grain": "day"}
    ).json()["result"]
    assert [{"day": row["day"], **{name: row[name] for name in COUNTS}} for row in page["coverage"]] == [
        {"day": row["measurement_start_day"], **{name: row[name] for name in COUNTS}} for row in days
    ]
    assert page["totals"]["measurement_count"] == listed(backend, page["links"]["search"])
    for row in page["networks"]["most_measured"]:
        assert listed(backend, row["search"]) == row["measurement_count"]
        assert row["name"].startswith("Simulated Net")
    for group in page["apps"].values():
        for app in group:
            assert listed(backend, app["links"]["search"]) == app["measurement_count"]
            assert listed(backend, app["links"]["anomalies"]) == app["anomaly_count"]


def test_a_domain_has_the_counts_of_the_api(backend: Backend, client: Client) -> None:
    page = twin(client, "/domain/www.daily-herald.example")
    asked = {"domain": page["domain"], "test_name": "web_connectivity", "axis_x": "probe_cc"}
    result = backend.client.get(
        "/api/v1/aggregation", params={**asked, "since": page["since"], "until": page["until"]}
    ).json()["result"]
    shown = {row["probe_cc"]: {name: row[name] for name in COUNTS} for row in page["countries"]}
    assert shown == {row["probe_cc"]: {name: row[name] for name in COUNTS} for row in result}
    assert page["totals"]["countries"] == len(result)
    assert page["category_code"] == "NEWS"
    assert page["lists"] == [
        {"url": "http://www.daily-herald.example/", "list": "ZZ", "category_code": "NEWS"}
    ]
    blocked = {one["probe_cc"] for one in items(page)}
    assert blocked == {row["probe_cc"] for row in page["countries"] if row["verdict"]} != set()


def test_a_country_and_a_domain_say_the_same(client: Client) -> None:
    for one in items(twin(client, "/country/RU"))[:5]:
        if one["domain"]:
            there = items(twin(client, f"/domain/{one['domain']}"))
            same = next(other for other in there if other["probe_cc"] == "RU")
            for name in (*COUNTS, "verdict", "ongoing", "first_seen", "last_seen", "networks_blocked"):
                assert same[name] == one[name], name


def test_a_network(backend: Backend, client: Client) -> None:
    page = twin(client, "/as/64521?days=90")
    assert page["owner"] == "Simulated Net 2 (RU)"
    assert page["probe_cc"] == "RU"
    assert page["countries"] == ["RU"]
    assert page["totals"]["measurement_count"] == listed(backend, page["links"]["search"])
    assert items(page)
    for one in items(page):
        assert listed(backend, one["links"]["search"]) == one["measurement_count"]


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_lists_have_the_counts_of_the_api(backend: Backend, client: Client, days: int) -> None:
    for path, axis, tests in (
        ("countries", "probe_cc", {}),
        ("networks", "probe_asn", {}),
        ("domains", "domain", {"test_name": "web_connectivity"}),
    ):
        page = twin(client, f"/{path}?days={days}")
        asked = {"axis_x": axis, "since": page["since"], "until": page["until"], **tests}
        result = backend.client.get("/api/v1/aggregation", params=asked).json()["result"]
        shown = {row[axis]: {name: row[name] for name in COUNTS} for row in page[path]}
        assert shown == {row[axis]: {name: row[name] for name in COUNTS} for row in result}
        order = [row["measurement_count"] for row in page[path]]
        assert order == sorted(order, reverse=True) != []


def test_lists_are_narrowed_and_ordered(client: Client) -> None:
    assert [row["probe_asn"] for row in twin(client, "/networks?q=AS64999")["networks"]] == [ODD_ASN]
    assert {row["probe_cc"] for row in twin(client, "/networks?q=net 2")["networks"]} > {"IR", "RU"}
    assert {row["probe_cc"] for row in twin(client, "/networks?probe_cc=ir")["networks"]} == {"IR"}
    assert twin(client, "/networks?q=nothing like it")["networks"] == []
    found = twin(client, "/domains?q=HERALD&category_code=NEWS")
    assert [row["domain"] for row in found["domains"]] == ["www.daily-herald.example"]
    assert twin(client, "/domains?q=HERALD&category_code=GMB")["domains"] == []
    names = [row["name"] for row in twin(client, "/countries?sort=name")["countries"]]
    assert names == sorted(names)
    for sort, column in (("networks", "networks"), ("confirmed", "confirmed_count")):
        values = [row[column] for row in twin(client, f"/countries?sort={sort}")["countries"]]
        assert values == sorted(values, reverse=True)


def test_addresses_that_are_meant(client: Client) -> None:
    for path, wanted in (
        ("/country/ir?days=7", "/country/IR?days=7"),
        ("/as/AS64521", "/as/64521"),
        ("/as/as64521", "/as/64521"),
        ("/domain/daily-herald.example", "/domain/www.daily-herald.example"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, wanted)
    assert client.get("/domain/WWW.Daily-Herald.example.").status_code == 200


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/country/iran", "/country/IR"),
        ("/country/XQ", None),
        ("/country/ZZ", None),
        ("/as/645", "/as/64515"),
        ("/as/0", None),
        ("/as/99999999999", None),
        ("/as/%C2%B2", None),
        ("/domain/herald.example", "/domain/www.daily-herald.example"),
        ("/domain/a%00b", None),
        ("/domain/https://www.daily-herald.example/", None),
        ("/domain/" + "a" * 400, None),
    ],
)
def test_what_is_not_known(client: Client, path: str, near: str | None) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    links = Elements(answer.text).links()
    assert "/search" in links
    if near:
        assert near in links
    assert client.get(f"{path}?format=json").json()["status"] == 404


@pytest.mark.parametrize(
    "path",
    ["/country/IR?days=8", "/countries?days=x", "/networks?page=0", "/domains?page=x", "/as/1?days=-1"],
)
def test_bad_parameters_are_told(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_a_country_without_measurements(client: Client) -> None:
    page = client.get("/country/AQ")
    assert page.status_code == 200
    assert "Nothing was measured" in page.text
    assert "Nothing is found to be blocked" in page.text


def test_hostile_text_is_shown_and_does_nothing(client: Client) -> None:
    odd = "/domain/" + "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"
    for path in ("/country/MT", "/as/64999", "/domains?q=onerror", "/networks?q=script", "/country/IR", odd):
        answer = client.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        page = Elements(answer.text)
        assert not [tag for tag, _ in page.found if tag in ("img", "iframe", "object")]
        assert not [name for _, given in page.found for name in given if name.startswith("on")]
        assert all(given.get("src") for tag, given in page.found if tag == "script")
        assert "\u202e" not in answer.text
        assert not [link for link in page.links() if not link.startswith(("/", "#"))]
    country = client.get("/country/MT").text
    assert "{{7*7}}" in country
    assert "\\u202e" in country


def test_figures_of_the_page_are_those_of_its_twin(client: Client) -> None:
    for path in ("/country/IR", "/domain/www.daily-herald.example", "/as/64521"):
        text = Elements(client.get(path).text).text
        page = twin(client, path)
        for one in items(page):
            assert one["says"] in text
            assert one["when"] in text
        assert page["headline"] in text
        assert f"{page['totals']['measurement_count']:,}".replace(",", "\u202f") in text
        assert page["rules"]["likely"] in text
