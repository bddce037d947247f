"""Each statistic against a count by hand; many of the measurements were scored twice (data contract 5)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from statistics import quantiles
from typing import Any

import pytest

from oonib.measurements.statistics.countries import NAMES
from oonib.model.nettests import CIRCUMVENTION_TOOLS, GROUPS, MESSENGERS
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import ASNMETA_COLUMNS, CITIZENLAB_COLUMNS

from support.statistics import (
    PLACES,
    TODAY,
    Backend,
    Row,
    after,
    crowd,
    day,
    distinct,
    flags,
    grouped,
    scored_again,
    within,
)

LISTED = [
    ("site.example", "https://site.example/", "zz", "NEWS"),
    ("site.example", "https://site.example/x", "IT", "PORN"),
    ("www.news.example", "https://www.news.example/long/path", "ZZ", "NEWS"),
    ("www.news.example", "https://www.news.example/", "br" + "\0" * 30, "POLR"),
    ("news.example", "http://news.example/", "IT", "HUMR"),
    ("never.example", "https://never.example/", "it", "GOVT"),
]
OWNERS = [
    (1267, "Old name", "IT", date(2019, 1, 1), "A", "RIPE"),
    (1267, "Rete è", "IT", date(2024, 1, 1), "A", "RIPE"),
    (28573, "Claro", "BR", date(2020, 1, 1), "B", "LACNIC"),
]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture(scope="module")
def backend(clickhouse: Warehouse) -> Iterator[Backend]:
    backend = Backend(clickhouse)
    backend.insert(crowd(4000))
    backend.insert(scored_again(crowd(4000)[:1500]))
    clickhouse.insert("citizenlab", CITIZENLAB_COLUMNS, LISTED)
    clickhouse.insert("asnmeta", ASNMETA_COLUMNS, OWNERS)
    yield backend
    backend.close()
    for table in ("fastpath", "fastpath_axes", "fastpath_uids", "citizenlab", "asnmeta"):
        clickhouse.command(f"TRUNCATE TABLE {table}")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """What counts: the later version of those that were scored twice."""
    first = crowd(4000)
    return scored_again(first[:1500]) + first[1500:]


def by_month(rows: list[Row], value: Any) -> list[dict[str, Any]]:
    first = date(TODAY.year - 2, TODAY.month, 1)
    months = grouped(after(rows, first), lambda row: day(row).replace(day=1))
    return [{"date": f"{month}T00:00:00+00:00", "value": value(of)} for month, of in sorted(months.items())]


def test_by_month(backend: Backend, rows: list[Row]) -> None:
    networks = by_month(rows, lambda of: distinct(of, "probe_asn"))
    countries = by_month(rows, lambda of: distinct(of, "probe_cc"))
    assert len(networks) == 25
    assert backend.get("asn_by_month") == networks
    assert backend.get("countries_by_month") == countries
    assert backend.get("global_overview_by_month") == {
        "networks_by_month": networks,
        "countries_by_month": countries,
        "measurements_by_month": by_month(rows, len),
    }


def test_totals(backend: Backend, rows: list[Row]) -> None:
    assert backend.get("global_overview") == {
        "network_count": distinct(rows, "probe_asn"),
        "country_count": distinct(rows, "probe_cc"),
        "measurement_count": 4000,
    }


def test_countries_without_those_that_are_none(backend: Backend, rows: list[Row]) -> None:
    places = grouped(rows, lambda row: row["probe_cc"])
    assert backend.get("countries") == {
        "countries": [
            {"alpha_2": code, "name": NAMES[code], "count": len(places[code])} for code in ("BR", "IT")
        ]
    }


def snowflake(rows: list[Row]) -> list[dict[str, Any]]:
    groups = grouped(rows, lambda row: (day(row), row["probe_cc"]))
    return [
        {
            "measurement_start_day": str(on),
            "probe_cc": place,
            "anomaly_count": sum(row["anomaly"] == "t" for row in of),
            "confirmed_count": sum(row["confirmed"] == "t" for row in of),
            "failure_count": sum(row["msm_failure"] == "t" for row in of),
            "measurement_count": len(of),
            "anomaly_rate": pytest.approx(sum(row["anomaly"] == "t" for row in of) / len(of)),
        }
        for (on, place), of in sorted(groups.items())
    ]


def test_snowflake(backend: Backend, rows: list[Row]) -> None:
    tests = [row for row in rows if row["test_name"] == "torsf"]
    at = sorted(row["measurement_start_time"] for row in tests)
    first, last = at[len(at) // 3], at[-len(at) // 3]
    some = [row for row in tests if first < row["measurement_start_time"] <= last and row["probe_cc"] == "IT"]
    asked = {"probe_cc": "it", "since": f"{first:%Y-%m-%dT%H:%M:%S}", "until": f"{last:%Y-%m-%dT%H:%M:%S}.9Z"}
    for query, expected in (({}, tests), (asked, some)):
        answer = backend.client.get("/api/v1/torsf_stats", params=query)
        assert answer.json() == {"v": 0, "result": snowflake(expected)}
    assert some


def test_networks_have_a_name_or_an_empty_one(backend: Backend, rows: list[Row]) -> None:
    owners = {1267: "Rete è", 28573: "Claro"}
    assert backend.get("networks") == {
        "v": 0,
        "results": [
            {"probe_asn": asn, "cnt": len(of), "org_name": owners.get(asn, "")}
            for asn, of in sorted(grouped(rows, lambda row: row["probe_asn"]).items())
        ],
    }


def test_domains_of_the_lists(backend: Backend, rows: list[Row]) -> None:
    counted = grouped(
        [row for row in rows if row["test_name"] == "web_connectivity"], lambda row: row["domain"]
    )
    categories = {
        "never.example": "GOVT",
        "news.example": "HUMR",
        "site.example": "NEWS",
        "www.news.example": "NEWS",
    }
    assert backend.get("domains") == {
        "v": 0,
        "results": [
            {
                "domain_name": domain,
                "category_code": category,
                "measurement_count": len(counted.get(domain, [])),
            }
            for domain, category in categories.items()
        ],
    }


@pytest.mark.parametrize("place", PLACES)
def test_country_overview(backend: Backend, rows: list[Row], place: str) -> None:
    here = [row for row in rows if row["probe_cc"] == place]
    assert backend.get("country_overview", probe_cc=place) == {
        "first_bucket_date": str(min(map(day, here))),
        "measurement_count": len(here),
        "network_count": distinct(here, "probe_asn"),
    }


def test_country_overview_of_nothing(backend: Backend) -> None:
    assert backend.get("country_overview", probe_cc="FR") == {
        "first_bucket_date": "1970-01-01",
        "measurement_count": 0,
        "network_count": 0,
    }


@pytest.mark.parametrize(
    ("asked", "tests"),
    [
        ({}, None),
        ({"test_groups": ""}, None),
        ({"test_groups": "websites"}, ["web_connectivity"]),
        ({"test_groups": "im,performance"}, [*MESSENGERS, "ndt", "dash"]),
        ({"test_groups": "nonsense"}, []),
    ],
)
def test_coverage(backend: Backend, rows: list[Row], asked: dict[str, str], tests: list[str] | None) -> None:
    answer = backend.get("test_coverage", probe_cc="IT", **asked)
    here = [row for row in rows if row["probe_cc"] == "IT"]
    assert answer["test_coverage"] == [
        {
            "count": len(
                [row for row in here if day(row) == ago(back) and row["test_name"] in GROUPS[group]]
            ),
            "test_day": str(ago(back)),
            "test_group": group,
        }
        for group, back in product(sorted(GROUPS), range(32, 2, -1))
    ]
    of_tests = [row for row in here if tests is None or row["test_name"] in tests]
    assert answer["network_coverage"] == [
        {
            "count": distinct([row for row in of_tests if day(row) == ago(back)], "probe_asn"),
            "test_day": str(ago(back)),
        }
        for back in range(31, 1, -1)
    ]


def test_website_networks(backend: Backend, rows: list[Row]) -> None:
    networks = grouped(within(rows, ago(31), TODAY, probe_cc="IT"), lambda row: row["probe_asn"])
    expected = [{"count": len(of), "probe_asn": asn} for asn, of in networks.items()]
    assert backend.get("website_networks", probe_cc="IT") == {
        "results": sorted(expected, key=lambda one: (-one["count"], one["probe_asn"]))
    }


@pytest.mark.parametrize("asn", ["28573", "AS28573"])
def test_website_stats(backend: Backend, rows: list[Row], asn: str) -> None:
    url = "https://site.example/1"
    here = within(rows, ago(31), TODAY, probe_cc="BR", probe_asn=28573, input=url)
    assert here
    assert backend.get("website_stats", probe_cc="BR", probe_asn=asn, input=url) == {
        "results": [{"test_day": str(when), **flags(of)} for when, of in sorted(grouped(here, day).items())]
    }


def urls_of(rows: list[Row]) -> list[dict[str, Any]]:
    here = within(rows, ago(31), TODAY, probe_cc="IT", probe_asn=1267, test_name="web_connectivity")
    urls = grouped(here, lambda row: row["input"])
    return sorted(
        ({"input": url, **flags(of)} for url, of in urls.items()),
        key=lambda one: (-one["confirmed_count"], -one["total_count"], -one["anomaly_count"], one["input"]),
    )


def test_website_urls_page_by_page(backend: Backend, rows: list[Row]) -> None:
    expected = urls_of(rows)
    assert len(expected) > 4
    total = len(expected)
    found, offset, following = [], 0, "first"
    while following:
        answer = backend.get("website_urls", probe_cc="IT", probe_asn="1267", limit=4, offset=offset)
        found += answer["results"]
        following = answer["metadata"].pop("next_url")
        page = offset // 4 + 1
        assert answer["metadata"] == {
            "offset": offset,
            "limit": 4,
            "current_page": page,
            "total_count": total,
        }
        offset += 4
        if following:
            query = f"limit=4&offset={offset}&probe_asn=1267&probe_cc=IT"
            assert following == f"https://api.example.org/api/_/website_urls?{query}"
    assert found == expected


@pytest.mark.parametrize("limit", [0, -5])
def test_website_urls_without_a_sensible_limit(backend: Backend, rows: list[Row], limit: int) -> None:
    answer = backend.get("website_urls", probe_cc="IT", probe_asn="as1267", limit=limit, offset=-1)
    assert answer["metadata"]["limit"] == 10
    assert answer["metadata"]["offset"] == 0
    assert answer["results"] == urls_of(rows)


def test_vanilla_tor(backend: Backend, rows: list[Row]) -> None:
    here = within(rows, date(2025, 9, 5), ago(-1), probe_cc="IT", test_name="vanilla_tor")
    networks = [
        {
            "failure_count": flags(of)["failure_count"],
            "last_tested": str(max(map(day, of))),
            "probe_asn": asn,
            "total_count": len(of),
            "success_count": len(of) - flags(of)["anomaly_count"],
            "test_runtime_avg": None,
            "test_runtime_max": None,
            "test_runtime_min": None,
        }
        for asn, of in grouped(here, lambda row: row["probe_asn"]).items()
    ]
    answer = backend.get("vanilla_tor_stats", probe_cc="IT")
    assert sorted(answer["networks"], key=lambda one: one["probe_asn"]) == sorted(
        networks, key=lambda one: one["probe_asn"]
    )
    bad = [
        one for one in networks if one["total_count"] > 5 and one["success_count"] / one["total_count"] < 0.6
    ]
    assert answer["notok_networks"] == len(bad)
    assert answer["last_tested"] == str(max(map(day, here)))


def test_vanilla_tor_of_nothing(backend: Backend) -> None:
    assert backend.get("vanilla_tor_stats", probe_cc="FR") == {
        "networks": [],
        "notok_networks": 0,
        "last_tested": None,
    }


def test_messenger_networks(backend: Backend, rows: list[Row]) -> None:
    here = within(rows, ago(31), TODAY, probe_cc="IT")
    answer = backend.get("im_networks", probe_cc="IT")
    assert sorted(answer) == ["signal", "telegram"]
    for test, found in answer.items():
        mine = [row for row in here if row["test_name"] == test]
        assert found["anomaly_networks"] == []
        assert found["last_tested"] == str(max(map(day, mine)))
        expected = [
            {"asn": asn, "name": "", "total_count": len(of), "last_tested": str(max(map(day, of)))}
            for asn, of in grouped(mine, lambda row: row["probe_asn"]).items()
        ]
        assert found["ok_networks"] == sorted(expected, key=lambda one: (-one["total_count"], one["asn"]))


def test_messenger_networks_of_nothing(backend: Backend) -> None:
    assert backend.get("im_networks", probe_cc="FR") == {}


def test_messenger_days(backend: Backend, rows: list[Row]) -> None:
    here = within(rows, ago(31), TODAY, probe_cc="IT", probe_asn=1267, test_name="signal")
    assert within(rows, TODAY, ago(-1), test_name="signal")
    answer = backend.get("im_stats", probe_cc="IT", probe_asn="1267", test_name="signal")
    assert answer["results"] == [
        {
            "anomaly_count": None,
            "test_day": f"{ago(back)}T00:00:00+00:00",
            "total_count": len([row for row in here if day(row) == ago(back)]),
        }
        for back in range(31, -1, -1)
    ]
    assert answer["results"][-1]["total_count"] == 0


def circumvention(rows: list[Row]) -> list[Row]:
    here = [row for row in rows if row["test_name"] in CIRCUMVENTION_TOOLS]
    return [row for row in after(here, date(2025, 9, 5)) if day(row) < ago(1)]


def test_circumvention_by_country(backend: Backend, rows: list[Row]) -> None:
    places = grouped(circumvention(rows), lambda row: row["probe_cc"])
    assert backend.get("circumvention_stats_by_country") == {
        "v": 0,
        "results": [{"probe_cc": place, "cnt": len(of)} for place, of in sorted(places.items())],
    }


def runtime(row: Row) -> float | None:
    number = row["scores"].partition('"test_runtime": ')[2]
    return float(number.rstrip("}")) if number else None


def test_circumvention_runtimes(backend: Backend, rows: list[Row]) -> None:
    known = grouped(
        [row for row in circumvention(rows) if runtime(row) is not None],
        lambda row: (row["test_name"], row["probe_cc"], day(row)),
    )
    axes = [sorted({key[number] for key in known}) for number in range(3)]
    answer = backend.get("circumvention_runtime_stats")
    assert answer["v"] == 0
    assert [(one["test_name"], one["probe_cc"], one["date"]) for one in answer["results"]] == [
        (test, place, str(when)) for test, place, when in product(*axes)
    ]
    for one, key in zip(answer["results"], product(*axes), strict=True):
        times = [runtime(row) for row in known.get(key, [])]
        assert one["v"] == (pytest.approx([*deciles(times), len(times)]) if times else [])


def deciles(times: list[Any]) -> list[float]:
    tenths = quantiles(times * 2 if len(times) == 1 else times, n=10, method="inclusive")
    return [tenths[4], tenths[8]]


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("site.example", ("NEWS", "site.example")),
        ("www.site.example", ("NEWS", "site.example")),
        ("news.example", ("NEWS", "www.news.example")),
        ("www.news.example", ("NEWS", "www.news.example")),
        ("never.example", ("GOVT", "never.example")),
        ("www.unknown.example", ("MISC", "unknown.example")),
        ("ünknown\0", ("MISC", "ünknown\0")),
    ],
)
def test_domain_metadata(backend: Backend, domain: str, expected: tuple[str, str]) -> None:
    category, canonical = expected
    assert backend.get("domain_metadata", domain=domain) == {
        "category_code": category,
        "canonical_domain": canonical,
    }


@pytest.mark.parametrize(
    ("asn", "owner"),
    [("1267", "Rete è"), ("AS1267", "Rete è"), ("28573", "Claro"), ("4294967295", "Unknown")],
)
def test_asnmeta(backend: Backend, asn: str, owner: str) -> None:
    assert backend.get("asnmeta", asn=asn) == {"org_name": owner}


def test_a_new_day_moves_the_windows(backend: Backend, rows: list[Row]) -> None:
    backend.now = datetime(2026, 3, 20, tzinfo=UTC)
    try:
        found = backend.get("website_networks", probe_cc="BR")["results"]
    finally:
        backend.now = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
    here = within(rows, date(2026, 2, 17), date(2026, 3, 20), probe_cc="BR")
    assert sum(one["count"] for one in found) == len(here)
