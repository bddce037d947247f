"""Requests of all kinds to the statistics: what is refused, constant, kept (data contract 5)."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.warehouse.client import Warehouse

from support.statistics import Backend

CACHED = {
    "asn_by_month": 86400,
    "countries_by_month": 86400,
    "test_names": 3600,
    "countries": 86400,
    "test_coverage?probe_cc=IT": 3600,
    "website_networks?probe_cc=IT": 0,
    "website_stats?probe_cc=IT&probe_asn=1&input=x": 0,
    "website_urls?probe_cc=IT&probe_asn=1": 3600,
    "vanilla_tor_stats?probe_cc=IT": 0,
    "im_networks?probe_cc=IT": 3600,
    "im_stats?probe_cc=IT&probe_asn=1&test_name=signal": 3600,
    "network_stats?probe_cc=IT": 86400,
    "country_overview?probe_cc=IT": 86400,
    "global_overview": 86400,
    "global_overview_by_month": 86400,
    "circumvention_stats_by_country": 86400,
    "circumvention_runtime_stats": 86400,
    "domain_metadata?domain=x.example": 7200,
    "asnmeta?asn=1": 7200,
    "networks": 7200,
    "domains": 7200,
}
COUNTRY = "missing or incorrect probe_cc"
NETWORK = "missing or incorrect probe_asn"
REFUSED = [
    ("test_coverage", COUNTRY),
    ("test_coverage?probe_cc=ITA", COUNTRY),
    ("website_networks?probe_cc=I", COUNTRY),
    ("website_stats?probe_asn=1&input=x", COUNTRY),
    ("website_stats?probe_cc=IT&input=x", NETWORK),
    ("website_stats?probe_cc=IT&probe_asn=1", "missing or incorrect input"),
    ("website_urls?probe_cc=IT", NETWORK),
    ("website_urls?probe_cc=IT&probe_asn=ASx", NETWORK),
    ("website_urls?probe_cc=IT&probe_asn=4294967296", NETWORK),
    ("website_urls?probe_cc=IT&probe_asn=-1", NETWORK),
    ("vanilla_tor_stats", COUNTRY),
    ("im_networks?probe_cc=", COUNTRY),
    ("im_stats?probe_cc=IT&probe_asn=1&test_name=web_connectivity", "invalid test_name"),
    ("im_stats?probe_cc=IT&probe_asn=1", "invalid test_name"),
    ("network_stats", COUNTRY),
    ("country_overview", COUNTRY),
    ("domain_metadata", "missing domain"),
    ("asnmeta", "missing asn"),
    ("asnmeta?asn=twelve", "incorrect asn"),
]
NAMES = (
    "bridge_reachability dash dns_consistency dnscheck facebook_messenger http_header_field_manipulation"
    " http_host http_invalid_request_line http_requests meek_fronted_requests_test multi_protocol_traceroute"
    " ndt psiphon riseupvpn signal stunreachability tcp_connect telegram tor torsf urlgetter vanilla_tor"
    " web_connectivity whatsapp"
)


@pytest.fixture(scope="module")
def nobody(clickhouse: Warehouse) -> Iterator[Backend]:
    """A backend without measurements."""
    backend = Backend(clickhouse)
    yield backend
    backend.close()


@pytest.mark.parametrize(("request_line", "seconds"), CACHED.items())
def test_how_long_an_answer_may_be_kept(nobody: Backend, request_line: str, seconds: int) -> None:
    answer = nobody.client.get(f"/api/_/{request_line}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == (f"max-age={seconds}" if seconds else "no-cache")
    assert answer.headers["content-type"] == "application/json"


def test_empty_numbers_count_as_not_given(nobody: Backend) -> None:
    answer = nobody.get("website_urls", probe_cc="IT", probe_asn="1", limit="", offset="")
    assert (answer["metadata"]["limit"], answer["metadata"]["offset"]) == (10, 0)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", "no-cache"),
        ("?until=2026-03-02T10:30:00", "no-cache"),
        ("?until=2026-03-02T10:29", "max-age=86400"),
    ],
)
def test_how_long_the_days_of_snowflake_may_be_kept(nobody: Backend, query: str, kept: str) -> None:
    answer = nobody.client.get(f"/api/v1/torsf_stats{query}")
    assert (answer.status_code, answer.json()) == (200, {"v": 0, "result": []})
    assert answer.headers["cache-control"] == kept


@pytest.mark.parametrize("query", ["probe_cc=ITA", "since=yesterday", "until=%00"])
def test_what_is_refused_about_snowflake(nobody: Backend, query: str) -> None:
    answer = nobody.client.get(f"/api/v1/torsf_stats?{query}")
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("request_line", "problem"), REFUSED)
def test_what_is_refused(nobody: Backend, request_line: str, problem: str) -> None:
    answer = nobody.client.get(f"/api/_/{request_line}")
    assert (answer.status_code, answer.json()) == (400, {"error": problem, "detail": problem})
    assert answer.headers["cache-control"] == "no-cache"


def test_constants(nobody: Backend) -> None:
    page = {"current_page": 1, "limit": 10, "next_url": None, "offset": 0, "total_count": 0}
    assert nobody.get("network_stats", probe_cc="IT") == {"metadata": page, "results": []}


def test_names(nobody: Backend) -> None:
    names = nobody.get("test_names")["test_names"]
    assert [one["id"] for one in names] == NAMES.split()
    assert {"id": "torsf", "name": "Tor Snowflake"} in names
    assert {"id": "http_header_field_manipulation", "name": "HTTP Header Field Manipulation"} in names


EMPTY = {
    "asn_by_month": [],
    "countries": {"countries": []},
    "networks": {"v": 0, "results": []},
    "domains": {"v": 0, "results": []},
    "global_overview": {"network_count": 0, "country_count": 0, "measurement_count": 0},
    "circumvention_stats_by_country": {"v": 0, "results": []},
    "circumvention_runtime_stats": {"v": 0, "results": []},
    "website_stats?probe_cc=IT&probe_asn=1&input=x": {"results": []},
    "asnmeta?asn=1": {"org_name": "Unknown"},
    "domain_metadata?domain=www.x.example": {"category_code": "MISC", "canonical_domain": "x.example"},
}


@pytest.mark.parametrize(("request_line", "expected"), EMPTY.items())
def test_without_measurements(nobody: Backend, request_line: str, expected: object) -> None:
    assert nobody.client.get(f"/api/_/{request_line}").json() == expected


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["IT", "it", "1267", "AS1267", "signal", "0", "-1", "10001"]),
    st.sampled_from(["9" * 30, "1e9", "\0", "%", "\\'"]),
    st.integers().map(str),
)
PARAMETERS = (
    "probe_cc", "probe_asn", "input", "limit", "offset", "test_groups", "test_name", "domain", "asn",
)  # fmt: skip
PATHS = sorted({line.partition("?")[0] for line in CACHED})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=6))
def test_any_request_has_an_answer(nobody: Backend, path: str, query: dict[str, str]) -> None:
    answer = nobody.client.get(f"/api/_/{path}", params=query)
    assert answer.status_code in (200, 400, 422), answer.text
    if answer.status_code != 200:
        assert set(answer.json()) >= {"error", "detail"}


def test_long_parameters_are_refused(nobody: Backend) -> None:
    for name in (
        "domain_metadata?domain",
        "website_stats?probe_cc=IT&probe_asn=1&input",
        "country_overview?probe_cc",
    ):
        assert nobody.client.get(f"/api/_/{name}={'x' * 5000}").status_code == 422


def test_clickhouse_away_is_a_problem_to_try_again() -> None:
    backend = Backend(Warehouse.connect("http://default:@127.0.0.1:1/ooni"))
    answer = backend.client.get("/api/_/countries")
    backend.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-cache"
