"""Charts and the map over a real ClickHouse: their figures are the API's, and lead to what they count."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.gate import Gates
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.web.chart import ChartService
from oonib.web.chart.linking import FLAGS
from oonib.web.chart.routes import router
from oonib.web.chart.table import table
from oonib.web.map import WorldService

from support import oracle
from support.clickhouse import EmbeddedServer
from support.pages import Client, make_app, make_desk
from support.serving import BASE_URL, Backend

NOW = oracle.LAST + timedelta(hours=10)
QUERIES = [
    "axis_x=measurement_start_day",
    "axis_x=measurement_start_day&time_grain=hour&since=2026-02-25&until=2026-03-02",
    "axis_x=measurement_start_day&time_grain=week&since=2025-12-01&until=2026-03-02&test_name=",
    "axis_x=measurement_start_day&time_grain=month&since=2025-01-01&until=2026-03-02",
    "axis_x=measurement_start_day&axis_y=probe_cc&probe_cc=IR,BR",
    "axis_x=probe_cc&axis_y=domain&test_name=signal&test_name=tor",
    "axis_x=probe_asn&domain=site1.example",
    "axis_x=input&since=2026-02-20T10:00:00Z&until=2026-03-01T00:00:30Z",
    "axis_x=test_name&test_name=&ooni_run_link_id=1000000000000000",
    "axis_x=blocking_type&axis_y=probe_cc",
    "axis_x=",
]

KNOWN = [("probe_cc", "IT,BR,IR"), ("probe_asn", "7,30722,2147483647")]
"""Places that the search lists."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        backend = Backend(tmp_path_factory.mktemp("charts"), warehouse, [])
        backend.now = NOW
        for batch in oracle.make_table(seed=11, size=1500).batches:
            backend.insert(*batch)
        warehouse.insert("citizenlab", ["domain", "url", "cc", "category_code"], oracle.LISTS)
        yield backend
        backend.close()
        warehouse.close()


@pytest.fixture(scope="module")
def aggregation(backend: Backend) -> AggregationService:
    return AggregationService(backend.aggregation, Gates(), lambda: NOW)


@pytest.fixture(scope="module")
def service(aggregation: AggregationService) -> ChartService:
    return ChartService(aggregation, base_url=BASE_URL, clock=lambda: NOW)


@pytest.fixture(scope="module")
def client(service: ChartService) -> Client:
    desk = make_desk()
    app = make_app(desk)
    app.include_router(router(desk, service))
    return Client(app)


@pytest.mark.parametrize("query", QUERIES)
def test_figures_are_those_of_the_api(backend: Backend, client: Client, query: str) -> None:
    twin = client.get(f"/chart/mat?{query}&format=json").json()
    api = backend.client.get(twin["links"]["api_json"]).json()
    wanted = api["result"] if api["dimension_count"] else [api["result"]]
    assert twin["total_rows"] == len(wanted) > 0
    shown = twin["rows"]
    assert len(shown) == min(100, len(wanted))
    assert all(row in wanted for row in shown)
    if len(wanted) <= 100:
        assert sum(row["measurement_count"] for row in shown) == sum(
            row["measurement_count"] for row in wanted
        )


@pytest.mark.parametrize("query", QUERIES)
def test_the_csv_is_that_of_the_api(backend: Backend, client: Client, query: str) -> None:
    links = client.get(f"/chart/mat?{query}&format=json").json()["links"]
    ours = client.get(f"/chart/mat.csv?{query}").text
    assert ours == backend.client.get(links["api_csv"]).text
    assert len(list(csv.DictReader(io.StringIO(ours)))) > 0


@pytest.mark.parametrize("query", QUERIES)
def test_each_count_leads_to_as_many_measurements(
    backend: Backend, service: ChartService, query: str
) -> None:
    mat = service.mat([*KNOWN, *parse_qsl(query, keep_blank_values=True)])
    assert mat.counted is not None
    found = table(mat.asked, mat.counted.grain, mat.counted.rows)
    followed = 0
    for line in found.lines[:: max(1, len(found.lines) // 2)]:
        for name, count, link in zip(FLAGS, line.counts, line.links, strict=True):
            if link:
                parameters = [*parse_qsl(urlsplit(link).query), ("limit", "10000")]
                answer = backend.client.get("/api/v1/measurements", params=parameters)
                assert len(answer.json()["results"]) == count, (name, link)
                followed += 1
    assert followed > 0 or "blocking_type" in query


def test_what_cannot_be_listed_has_no_link(service: ChartService) -> None:
    for query, some in (("axis_x=probe_cc", True), ("axis_x=probe_asn", True), ("since=2024-11-01", False)):
        mat = service.mat(parse_qsl(f"{query}&axis_x=probe_cc&test_name="))
        assert mat.counted is not None
        lines = table(mat.asked, None, mat.counted.rows).lines
        assert any(line.links[0] for line in lines) == some
        assert not any(line.links[0] for line in lines if line.values[0] in ("ZZ", 0))


def test_each_count_by_category_leads_to_no_fewer(backend: Backend, service: ChartService) -> None:
    mat = service.mat([*KNOWN, ("axis_x", "category_code"), ("test_name", "")])
    assert mat.counted is not None
    for line in table(mat.asked, None, mat.counted.rows).lines:
        asked = [*parse_qsl(urlsplit(line.links[0]).query), ("limit", "10000")]
        listed = backend.client.get("/api/v1/measurements", params=asked).json()["results"]
        # A URL of several lists is counted by one category and found by each.
        assert len(listed) >= line.counts[0] > 0


def test_pictures(client: Client) -> None:
    for query in QUERIES:
        assert client.get(f"/chart/mat.svg?{query}").status_code == 200
        assert client.get(f"/chart/mat?{query}").text.count("<svg") == 2
    assert client.get("/chart/mat.png?axis_x=probe_cc").content.startswith(b"\x89PNG")


def test_the_map_has_the_counts_of_the_api(backend: Backend, aggregation: AggregationService) -> None:
    world = WorldService(aggregation, lambda: NOW).world()
    asked = {"axis_x": "probe_cc", "since": world.since, "until": world.until}
    wanted = backend.client.get("/api/v1/aggregation", params=asked).json()["result"]
    assert {
        one.probe_cc: (one.measurements, one.anomalies, one.confirmed, one.failures)
        for one in world.countries
    } == {
        row["probe_cc"]: tuple(
            row[f"{name}_count"] for name in ("measurement", "anomaly", "confirmed", "failure")
        )
        for row in wanted
    }
    shares = [one.share for one in world.countries if one.tells]
    assert shares == sorted(shares, reverse=True) != []


def test_the_map_is_counted_no_more_often_than_it_is_cheap(aggregation: AggregationService) -> None:
    now = 0.0

    def passed() -> float:
        nonlocal now
        now += 0.5
        return now

    service = WorldService(aggregation, lambda: NOW, passed)
    first = service.world()
    assert service.world() is first
    now += 200
    assert service.world() is not first
