"""The search page over given rows and counts: filters, list, facets, paging, problems, hostile text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from oonib.errors import OonibError, Timeout, Unavailable
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted
from oonib.measurements.filters import read_search
from oonib.measurements.schema import SearchParameters
from oonib.measurements.service import MeasurementService
from oonib.warehouse.client import Summary
from oonib.web.counts import Counts
from oonib.web.search import SearchService
from oonib.web.search.asked import read_asked
from oonib.web.search.paging import pager
from oonib.web.search.routes import router
from unit.web.conftest import row

from support.html import HOSTILE, Elements
from support.pages import BASE, Client, make_app, make_desk

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@dataclass
class Rows:
    """Stands for the measurement service: refuses what the real one refuses, lists the given rows."""

    rows: list[dict[str, Any]] = field(default_factory=lambda: [row()])
    error: OonibError | None = None
    base_url: str = BASE
    asked: list[SearchParameters] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    settled: bool = False

    def search(self, asked: SearchParameters) -> "Rows":
        """A page of the rows."""
        read_search(asked, NOW)
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        self.results = self.rows[asked.offset : asked.offset + asked.limit]
        return self


@dataclass
class Tallies:
    """Stands for the counts, by axis."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    error: OonibError | None = None
    endless: bool = False
    asked: list[AggregationParameters] = field(default_factory=list)

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What was asked."""
        self.asked.append(asked)
        return cast("Aggregation", asked)

    def count(self, aggregation: Aggregation) -> Counted:
        """The rows of an axis."""
        if self.error is not None:
            raise self.error
        axis = cast("AggregationParameters", aggregation).axis_x or ""
        columns = (axis, "anomaly_count", "confirmed_count", "failure_count", "ok_count", "measurement_count")
        return Counted(columns, self.rows.get(axis, []), self._more() if self.endless else None, Summary())

    def _more(self) -> Iterator[tuple[Any, ...]]:
        yield from ()


class Site:
    """The page and what lies behind it."""

    def __init__(self) -> None:
        self.listing, self.tallies = Rows(), Tallies()
        counts = Counts(self.tallies, patience=60.0)
        service = SearchService(cast("MeasurementService", self.listing), counts, clock=lambda: NOW)
        desk = make_desk()
        app = make_app(desk)
        app.include_router(router(desk, service))
        self.client = Client(app)

    def twin(self, query: str = "") -> dict[str, Any]:
        """What the page says, for programs."""
        found: dict[str, Any] = self.client.get(f"/search?format=json&{query}").json()
        return found


@pytest.fixture
def site() -> Site:
    return Site()


def test_lists_what_was_found(site: Site) -> None:
    answer = site.client.get("/search")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = Elements(answer.text)
    for text in (
        "2026-03-02",
        "09:59:30",
        "Brazil",
        "AS64500",
        "Web Connectivity",
        "https://site.example/",
        "No anomaly",
    ):
        assert text in page.text
    assert f"/m/{row()['measurement_uid']}" in page.links()
    twin = site.twin()
    assert [one["measurement_uid"] for one in twin["results"]] == [row()["measurement_uid"]]
    assert twin["filters"] == {"since": ["2026-02-01"], "until": ["2026-03-03"]}


def test_every_filter_of_the_api_is_taken(site: Site) -> None:
    query = (
        "probe_cc=IR,TR&probe_asn=AS1&test_name=telegram&domain=a.example&input=http://a.example/&input=http://b.example/"
        "&category_code=NEWS&since=2026-02-20&until=2026-02-25T10:00:00Z&anomaly=true&confirmed=false&failure=false"
        "&ooni_run_link_id=10426&report_id=20260302T095900Z_x&software_version=3.1&test_version=1&engine_version=2"
        "&order=asc&offset=0&limit=20"
    )
    answer = site.client.get(f"/search?{query}")
    assert answer.status_code == 200
    asked = site.listing.asked[-1]
    assert asked.model_dump(exclude_none=True, exclude_defaults=True) == SearchParameters.model_validate(
        {**dict(parse_qsl(query)), "input": ["http://a.example/", "http://b.example/"]}
    ).model_dump(exclude_none=True, exclude_defaults=True)
    shown = {
        attributes["name"]: attributes.get("value")
        for tag, attributes in Elements(answer.text).found
        if tag == "input" and "name" in attributes
    }
    assert (shown["probe_cc"], shown["report_id"], shown["input"]) == (
        "IR,TR",
        "20260302T095900Z_x",
        "http://b.example/",
    )


@pytest.mark.parametrize(
    ("only", "flags"),
    [("anomalies", (True, None)), ("confirmed", (None, True)), ("all", (None, None)), ("", (None, None))],
)
def test_links_of_explorer(site: Site, only: str, flags: tuple[bool | None, bool | None]) -> None:
    site.client.get(f"/search?only={only}&failure=")
    asked = site.listing.asked[-1]
    assert (asked.anomaly, asked.confirmed) == flags


def test_a_report_needs_no_time(site: Site) -> None:
    assert "since" not in site.twin("report_id=20260302T095900Z_x")["filters"]
    assert site.listing.asked[-1].since is None


def test_counts_beside_the_list(site: Site) -> None:
    site.tallies.rows = {
        "probe_cc": [("BR", 5, 1, 2, 12, 20), ("IR", 10, 10, 0, 30, 50), ("ZZ", 0, 0, 0, 9, 9)],
        "test_name": [("telegram", 0, 0, 0, 70, 70)],
        "probe_asn": [(0, 0, 0, 0, 1, 1), (64500, 1, 1, 0, 0, 2)],
    }
    twin = site.twin("probe_cc=BR,IR")
    assert [(one["word"], one["count"]) for one in twin["verdicts"]] == [
        ("All", 79),
        ("Anomaly", 15),
        ("Confirmed", 11),
        ("Failure", 2),
        ("No anomaly", 51),
    ]
    by_axis = {one["axis"]: one["values"] for one in twin["facets"]}
    assert by_axis["probe_cc"][0] == {"value": "IR", "measurements": 50, "suspicious": 20}
    assert [one["value"] for one in by_axis["probe_asn"]] == ["AS64500"]
    links = Elements(site.client.get("/search?probe_cc=BR,IR&offset=50").text).links()
    assert "/search?probe_cc=IR" in links
    assert "/search?probe_cc=BR%2CIR&probe_asn=AS64500" in links
    asked = site.tallies.asked[-1]
    # The list leaves out its first second and takes its last; the counts do the opposite.
    assert asked.since == datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC)
    assert asked.until == datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC)


def test_what_cannot_be_counted_is_told(site: Site) -> None:
    site.tallies.error = Timeout("too long")
    assert [one["values"] for one in site.twin()["facets"]] == [None] * 3
    assert site.client.get("/search").text.count("not counted in time") == 3
    fresh = Site()
    fresh.tallies.endless = True
    assert [one["values"] for one in fresh.twin()["facets"]] == [None] * 3


def test_counts_are_not_asked_where_they_do_not_know_a_filter(site: Site) -> None:
    assert site.twin("software_version=3.1")["verdicts"][0]["count"] is None
    assert site.tallies.asked == []


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("since=yesterday", 422, "since"),
        ("anomaly=perhaps", 422, "anomaly"),
        ("probe_cc=XYZ", 422, "probe_cc"),
        ("probe_cc=ZZ", 403, ""),
        ("probe_asn=ASx", 422, "probe_asn"),
        ("domain=a", 422, "domain"),
        ("order=up", 400, "order"),
        ("offset=-1", 422, "offset"),
        ("offset=x", 422, "offset"),
        ("limit=0", 422, "limit"),
        ("since=2020-01-01&until=2026-01-01", 400, ""),
        ("ooni_run_link_id=x", 422, "ooni_run_link_id"),
        ("domain=%00aaaa", 422, ""),
    ],
)
def test_what_is_wrong_stands_beside_the_form(site: Site, query: str, status: int, name: str) -> None:
    answer = site.client.get(f"/search?{query}")
    assert answer.status_code == status
    assert "There is no list:" in answer.text
    told = site.twin(query)["problem"]
    assert (told["name"], told["status"]) == (name, status)
    if f'id="f-{name}"' in answer.text:
        assert f'aria-describedby="e-{name}"' in answer.text
        assert f'id="e-{name}"' in answer.text


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("The database is away"), 503), (Timeout("Too long"), 504)]
)
def test_the_database_is_away(site: Site, error: OonibError, status: int) -> None:
    site.listing.error = error
    answer = site.client.get("/search?probe_cc=IR")
    assert (answer.status_code, error.message in answer.text) == (status, True)
    assert 'value="IR"' in answer.text


def test_nothing_found_says_what_to_widen(site: Site) -> None:
    site.listing.rows = []
    answer = site.client.get(
        "/search?probe_cc=IR&domain=a.example&only=confirmed&since=2026-03-01&until=2026-03-02"
    )
    assert "No measurement between 2026-03-01 and 2026-03-02 fits all of the filters." in answer.text
    links = Elements(answer.text).links()
    assert "/search?probe_cc=IR&domain=a.example&until=2026-03-02&confirmed=true&since=2025-09-03" in links
    assert "/search?probe_cc=IR&domain=a.example&since=2026-03-01&until=2026-03-02" in links
    assert "/search?domain=a.example&since=2026-03-01&until=2026-03-02&confirmed=true" in links


def test_an_address_in_the_place_of_a_domain(site: Site) -> None:
    site.listing.rows = []
    page = Elements(
        site.client.get("/search?domain=https://a.example/&since=2026-03-01&until=2026-03-02").text
    )
    exactly = "/search?since=2026-03-01&until=2026-03-02&input=https%3A%2F%2Fa.example%2F"
    assert exactly in page.links()


def test_other_forms_of_the_same(site: Site) -> None:
    links = site.twin("probe_cc=IR&test_name=telegram")["links"]
    assert links["csv"].startswith(
        f"{BASE}/api/v1/measurements?probe_cc=IR&test_name=telegram&since=2026-02-01"
    )
    for name, form in (("json", "JSON"), ("csv", "CSV"), ("parquet", "Parquet"), ("arrow", "Arrow")):
        given = dict(parse_qsl(urlsplit(links[name]).query))
        assert given["format"] == form
        SearchParameters.model_validate(given)
    assert (
        "curl &#39;https://api.example.org/api/v1/measurements?probe_cc=IR"
        in site.client.get("/search?probe_cc=IR").text
    )


def test_pages_follow_each_other(site: Site) -> None:
    site.listing.rows = [row(measurement_uid=f"uid{number:03}") for number in range(120)]
    seen, address = [], "/search?limit=50"
    while address:
        joint = "&" if "?" in address else "?"
        twin = site.client.get(f"{address}{joint}format=json").json()
        seen += [one["measurement_uid"] for one in twin["results"]]
        address = twin["next"].removeprefix(BASE)
    assert seen == [one["measurement_uid"] for one in site.listing.rows]
    page = Elements(site.client.get("/search?offset=100").text)
    assert "/search?since=2026-02-01&until=2026-03-03&offset=50" in page.links()
    assert "101 to 120" in page.text


@pytest.mark.parametrize("descending", [True, False])
def test_far_pages_go_on_by_time_and_lose_nothing(descending: bool) -> None:
    times = [NOW - timedelta(seconds=number // 7) for number in range(900)] + [
        NOW - timedelta(hours=1)
    ] * 2300
    listed = sorted(
        ((f"{at:%Y-%m-%dT%H:%M:%S}.000000Z", number) for number, at in enumerate(times)), reverse=descending
    )
    given, seen = [("order", "desc" if descending else "asc")], []
    for _ in range(100):
        asked = read_asked([*given, ("limit", "100")], NOW)
        parameters = asked.parameters()
        assert parameters.since is not None
        assert parameters.until is not None
        inside = [
            one for one in listed if parameters.since < datetime.fromisoformat(one[0]) <= parameters.until
        ]
        page = inside[parameters.offset : parameters.offset + 100]
        seen += page
        results = [{"measurement_start_time": time} for time, _ in page]
        following = pager(asked, results, parameters.offset, 100, "/search").following
        if not following:
            break
        given = parse_qsl(urlsplit(following).query)
    assert seen == listed


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_changes_nothing(site: Site, hostile: str) -> None:
    plain = Elements(site.client.get("/search").text).shape()
    site.listing.rows = [
        row(input=hostile, probe_cc=hostile, probe_asn=hostile, test_name=hostile, measurement_uid=hostile)
    ]
    site.listing.rows[0] |= {"measurement_start_time": "2026-03-02T09:59:30.000000Z"}
    answer = site.client.get("/search")
    page = Elements(answer.text)
    assert page.shape() == plain
    assert not set(answer.text) & {"\0", "\u202e", "\x1b"}
    assert all(link.startswith(("/", "#", "?")) for link in page.links())


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if "\0" not in text and "\ud800" not in text])
@pytest.mark.parametrize("name", ["probe_cc", "input", "since", "nothing"])
def test_hostile_parameters(site: Site, name: str, hostile: str) -> None:
    answer = site.client.get("/search", params={name: hostile})
    assert answer.status_code < 500
    assert not re.search(r"<(script>|img|svg/|form action=//)", answer.text)
    assert "\u202e" not in answer.text


def test_other_languages(site: Site) -> None:
    assert 'dir="rtl"' in site.client.get("/search?lang=ar").text
    assert "Brasil" in site.client.get("/search?lang=es").text
