"""Check-in as probes and their peers' tests know it (probe contract 1), read as the Go client reads it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oonib.model.reportid import parse_report_id
from oonib.warehouse.client import Warehouse

from support.checkin import ADDRESS, HELPERS, URL_LIST, Probes, entry
from support.clickhouse import EmbeddedServer, tables_on
from support.goclient import read

pytestmark = pytest.mark.clickhouse
NETTESTS = {
    "bridge_reachability", "dash", "dns_consistency", "dnscheck", "facebook_messenger",
    "http_header_field_manipulation", "http_host", "http_invalid_request_line", "http_requests",
    "meek_fronted_requests_test", "multi_protocol_traceroute", "ndt", "psiphon", "riseupvpn", "tcp_connect",
    "telegram", "tor", "urlgetter", "vanilla_tor", "web_connectivity", "whatsapp",
}  # fmt: skip
FEATURES = {
    "torsf_enabled": False, "vanilla_tor_enabled": False, "openvpn_enabled": False,
    "webconnectivity_0.5": True,
}  # fmt: skip
ENTRIES = [
    *(entry(n, "NEWS") for n in range(150)),
    *(entry(n, "HUMR") for n in range(150, 200)),
    *(entry(n, "ODDS") for n in range(200, 220)),
    *(entry(n, "POLR", "br") for n in range(300, 310)),
    ("site1.example", "https://site1.example/", "br", "NEWS"),
]


@pytest.fixture(scope="module")
def probes(shared_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probes]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        made = Probes(tmp_path_factory.mktemp("probes"), warehouse)
        made.list_entries(ENTRIES)
        yield made
        made.close()
        warehouse.close()


def test_the_answer_key_by_key(probes: Probes) -> None:
    response = probes.post({"probe_cc": "BR", "probe_asn": "AS28573"}, ADDRESS)
    answer = response.json()
    assert response.headers["cache-control"] == "no-cache"
    assert set(answer) == {
        "v", "probe_cc", "probe_asn", "probe_network_name", "utc_time", "conf", "tests",
    }  # fmt: skip
    assert answer["v"] == 1
    assert answer["conf"] == {"features": FEATURES, "test_helpers": HELPERS}
    assert set(answer["tests"]) == NETTESTS
    assert {name for name, one in answer["tests"].items() if "urls" in one} == {"web_connectivity"}
    assert all(set(one) - {"urls"} == {"report_id"} for one in answer["tests"].values())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["utc_time"])
    assert abs((datetime.fromisoformat(answer["utc_time"]) - datetime.now(UTC)).total_seconds()) < 60


def test_report_ids(probes: Probes) -> None:
    answer = probes.post({"probe_cc": "IT", "probe_asn": "AS30722"}).json()
    ids = {name: one["report_id"] for name, one in answer["tests"].items()}
    assert len(set(ids.values())) == len(NETTESTS)
    assert len(ids["web_connectivity"]) == 61
    for name, report_id in ids.items():
        parsed = parse_report_id(report_id)
        assert (parsed.test, parsed.cc, parsed.asn) == (name.replace("_", ""), "IT", "30722")
        assert parsed.collector == "n1"
        assert len(parsed.random) == 16


@pytest.mark.parametrize(
    ("address", "claim", "seen", "chosen"),
    [
        (ADDRESS, {}, ("US", "AS2149"), ("US", "2149")),
        (ADDRESS, {"probe_cc": "ZZ", "probe_asn": "AS0"}, ("US", "AS2149"), ("US", "2149")),
        (ADDRESS, {"probe_cc": "IT", "probe_asn": "AS0"}, ("US", "AS2149"), ("IT", "0")),
        (ADDRESS, {"probe_cc": "ZZ", "probe_asn": "AS7"}, ("US", "AS2149"), ("ZZ", "7")),
        (ADDRESS, {"probe_cc": "it", "probe_asn": "AS7"}, ("US", "AS2149"), ("IT", "7")),
        ("198.51.100.1", {}, ("BR", "AS0"), ("BR", "0")),
        ("203.0.113.1", {}, ("ZZ", "AS0"), ("ZZ", "0")),
        ("203.0.113.1", {"probe_cc": "IT", "probe_asn": "AS7"}, ("ZZ", "AS0"), ("IT", "7")),
        ("nonsense", {}, ("ZZ", "AS0"), ("ZZ", "0")),
        (f"{ADDRESS}, 203.0.113.1", {}, ("ZZ", "AS0"), ("ZZ", "0")),
        (f"203.0.113.1, {ADDRESS}", {}, ("US", "AS2149"), ("US", "2149")),
        ("", {}, ("ZZ", "AS0"), ("ZZ", "0")),
    ],
)
def test_where_the_probe_is(
    probes: Probes, address: str, claim: dict[str, str], seen: tuple[str, str], chosen: tuple[str, str]
) -> None:
    answer = probes.check_in(address, **claim)
    assert (answer["probe_cc"], answer["probe_asn"]) == seen
    parsed = parse_report_id(answer["tests"]["web_connectivity"]["report_id"])
    assert (parsed.cc, parsed.asn) == chosen


@pytest.mark.parametrize(("address", "name"), [(ADDRESS, "PSINet"), ("203.0.113.1", None)])
def test_the_name_of_the_network(probes: Probes, address: str, name: str | None) -> None:
    assert probes.post({}, address).json()["probe_network_name"] == name


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({}, 100),
        ({"charging": True}, 100),
        ({"charging": False}, 20),
        ({"charging": False, "on_wifi": True, "platform": "android"}, 20),
        ({"run_type": "timed", "charging": True, "on_wifi": False}, 100),
        ({"run_type": "manual"}, 200),
        ({"run_type": "manual", "charging": False}, 200),
    ],
)
def test_how_many_urls(probes: Probes, claim: dict[str, Any], expected: int) -> None:
    assert len(probes.urls(**claim)) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["HUMR"], {"HUMR"}),
        ("HUMR", {"HUMR"}),
        ("humr, news", {"HUMR", "NEWS"}),
        (["HUMR", "NEWS", "NOPE"], {"HUMR", "NEWS"}),
        ([], {"HUMR", "NEWS"}),
        ([""], {"HUMR", "NEWS"}),
        (["NOPE"], set()),
        (["ODDS"], set()),  # listed, but no rule gives it any priority
    ],
)
def test_categories(probes: Probes, codes: Any, expected: set[str]) -> None:
    answer = probes.check_in(
        probe_cc="IT", probe_asn="AS1", run_type="manual", web_connectivity={"category_codes": codes}
    )
    assert {one["category_code"] for one in answer["tests"]["web_connectivity"]["urls"]} == expected


def test_countries_of_urls(probes: Probes) -> None:
    answer = probes.check_in(probe_cc="BR", probe_asn="AS28573", run_type="manual")
    urls = answer["tests"]["web_connectivity"]["urls"]
    assert {one["country_code"] for one in urls} == {"BR", "XX"}
    assert len({one["url"] for one in urls}) == len(urls) == 210
    assert {"category_code": "NEWS", "country_code": "BR", "url": "https://site1.example/"} in urls


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": ""},
        {"Content-Type": "nonsense"},
        {"Host": "dkyhjv0wpi2dk.cloudfront.net"},
        {"User-Agent": "miniooni/3.31.0-alpha ooniprobe-engine/3.31.0-alpha", "Accept-Encoding": "gzip"},
    ],
    ids=str,
)
def test_headers_do_not_matter(probes: Probes, headers: dict[str, str]) -> None:
    assert probes.post({"probe_cc": "IT", "probe_asn": "AS1"}, ADDRESS, **headers).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"null", b"[]", b"[{}]", b'""', b'"x"', b"1", b"true", b"{", b"}", b"{]", b'{"a":}',
     b"{'a':1}", b"{} {}", b"NaN", b"\xff\xfe", b'{"probe_cc":"\xff"}', b"\0", b"<html>", b"probe_cc=IT",
     b"[" * 5000, b'{"a":' * 300 + b"1" + b"}" * 300],
    ids=lambda raw: repr(raw[:20]),
)  # fmt: skip
def test_a_body_that_is_no_object_is_a_400(probes: Probes, body: bytes) -> None:
    response = probes.post(body)
    assert response.status_code == 400
    assert set(response.json()) >= {"error", "detail"}


def test_a_body_without_end_is_a_413(probes: Probes) -> None:
    assert probes.post(b'{"a":"' + b"x" * 2_000_000 + b'"}').status_code == 413


VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**40, "", " ", "ZZ", "AS0", "AS99999999999", "it", "IT", "I", "ITA",
    "1T",
    "\0", "x" * 50_000, "💥", "\ud800", "NEWS", "news", "NEWS,,HUMR", "{x:y}",
    "a'; DROP TABLE citizenlab; --",
    [], [None], ["NEWS"], ["", "NEWS", 7], [[["NEWS"]]], {}, {"category_codes": None},
    {"category_codes": ["N1"]},
    {"category_codes": {"NEWS": 1}}, {"category_codes": "NEWS"}, {"a": {"b": {}}},
]  # fmt: skip
FIELDS = (
    "run_type", "charging", "on_wifi", "platform", "probe_cc", "probe_asn", "software_name",
    "software_version", "web_connectivity",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_hundreds_of_odd_check_ins(probes: Probes, field: str) -> None:
    good = {"probe_cc": "IT", "probe_asn": "AS30722", "charging": False}
    for value in VALUES:
        for base in ({}, good):
            answer = probes.check_in(ADDRESS, **{**base, field: value})
            assert answer["tests"]["web_connectivity"]["urls"], (field, value)
            parse_report_id(answer["tests"]["web_connectivity"]["report_id"])


def test_odd_requests_are_counted_by_where_they_come_from(probes: Probes) -> None:
    before = probes.metrics.render().decode()
    probes.check_in(ADDRESS, probe_cc="IT", probe_asn="AS1")
    after = probes.metrics.render().decode()

    def count(text: str, name: str) -> float:
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    for name in (
        'geoip_ipaddr_found_total{probe_cc="US"}',
        "geoip_cc_differs_total",
        "geoip_asn_differs_total",
    ):
        assert count(after, re.escape(name)) == count(before, re.escape(name)) + 1
    assert ADDRESS not in after


def test_the_experimental_check_in(probes: Probes) -> None:
    claim = {"probe_cc": "IT", "probe_asn": "AS1", "charging": False}
    answer = probes.send("POST", "/api/_/check-in", json=claim).json()
    assert answer["v"] == 2
    assert set(answer["conf"]) == {"features", "test_helpers"}
    by_name = {one["test_name"]: one for one in answer["nettests"]}
    assert set(by_name) == NETTESTS | {"stunreachability"}
    assert all(set(one) == {"test_name", "report_id", "targets"} for one in by_name.values())
    targets = by_name["web_connectivity"]["targets"]
    assert len(targets) == 20
    assert all(set(one) == {"attributes", "input", "options"} for one in targets)
    assert {one["attributes"]["country_code"] for one in targets} == {"XX"}
    assert by_name["dnscheck"]["targets"]
    assert by_name["stunreachability"]["targets"]
    assert by_name["ndt"]["targets"] == []


METADATA = {"current_page": -1, "limit": -1, "next_url": "", "pages": 1}


@pytest.mark.parametrize(
    ("query", "count", "countries"),
    [
        ("", 200, {"XX"}),
        ("country_code=BR", 210, {"XX", "BR"}),
        ("probe_cc=BR", 210, {"XX", "BR"}),
        ("probe_cc=br", 210, {"XX", "BR"}),
        ("country_code=IT&probe_cc=BR", 200, {"XX"}),
        ("country_code=12", 200, {"XX"}),
        ("country_code=US&limit=9999", 200, {"XX"}),
        ("limit=-1", 200, {"XX"}),
        ("limit=-9", 200, {"XX"}),
        ("limit=0", 0, set()),
        ("limit=1", 1, {"XX"}),
        ("limit=30&country_code=IT", 30, {"XX"}),
        ("category_codes=HUMR", 50, {"XX"}),
        ("category_codes=humr,%20news,,HUMR", 200, {"XX"}),
        ("category_codes=NOPE", 0, set()),
        ("category_codes=%F0%9F%92%A5,;--", 200, {"XX"}),
        ("probe_asn=AS30722&country_code=IT", 200, {"XX"}),
        ("probe_asn=odd&country_code=IT", 200, {"XX"}),
        ("debug=false&new=1", 200, {"XX"}),
    ],
)
def test_the_urls_of_old_clients(probes: Probes, query: str, count: int, countries: set[str]) -> None:
    response = probes.send("GET", f"/api/v1/test-list/urls?{query}")
    results = read(response, URL_LIST)["results"]
    assert response.headers["cache-control"] == "max-age=1"
    assert response.json()["metadata"] == {"count": count, **METADATA}
    assert len(results) == count
    assert {one["country_code"] for one in results} == countries
    assert all(set(one) == {"category_code", "country_code", "url"} for one in response.json()["results"])


@pytest.mark.parametrize("flag", ["true", "1", "yes"])
def test_old_clients_can_ask_for_reasons(probes: Probes, flag: str) -> None:
    results = probes.get(f"/api/v1/test-list/urls?limit=5&debug={flag}")["results"]
    assert len(results) == 5
    assert all((one["msmt_cnt"], one["priority"], one["weight"]) == (0, 100, 1000.0) for one in results)


@pytest.mark.parametrize(
    "query",
    [
        "country_code=ITA",
        "country_code=I",
        "probe_cc=ITA",
        "limit=10000",
        "limit=x",
        "limit=1.5",
        "debug=odd",
    ],
)
def test_parameters_that_are_refused(probes: Probes, query: str) -> None:
    assert probes.send("GET", f"/api/v1/test-list/urls?{query}").status_code == 422
