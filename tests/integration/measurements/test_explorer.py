"""Each request that Explorer makes, against the whole application over a small world (data contract 8).

Left out are its requests about findings, accounts and feedback, which are other contracts'.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from oonib.app.build import create_app
from oonib.scoring import FASTPATH_COLUMNS, Matcher, Scored, score_body
from oonib.settings import Settings
from oonib.simulate import World
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

COUNT = 600
WITHOUT_BODY = "_BR_x_0123456789abcdef"


@dataclass(frozen=True)
class Site:
    """The application with the world's measurements in it. `rows`: those that count, newest first."""

    served: Any
    rows: list[dict[str, Any]]

    def get(self, url: str) -> Any:
        """The JSON of a request that works."""
        answer = asyncio.run(self._ask("GET", url))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, url: str, body: bytes) -> Any:
        """The same for a POST."""
        return asyncio.run(self._ask("POST", url, content=body)).json()

    async def _ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.served, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://explorer.example") as client:
            return await client.request(method, url, **options)


@pytest.fixture(scope="module")
def site(clickhouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    address = clickhouse._address
    url = f"http://{address.username}:{address.password}@{address.host}:{address.port}/{address.database}"
    settings = Settings(data_dir=tmp_path_factory.mktemp("explorer"), clickhouse_url=url)
    api = create_app(settings)
    site = Site(api.served, [])
    world = World(5)
    matcher = Matcher.build(world.fingerprints)
    now = datetime.now(UTC)
    for measurement in world.measurements(COUNT, start=now - timedelta(days=20), end=now):
        # The few newest have their bodies here, which takes longer.
        started = datetime.fromisoformat(f"{measurement.body['measurement_start_time']}+00:00")
        received = started + timedelta(minutes=1)
        uid = f"{received:%Y%m%d%H%M%S}.{len(site.rows):06}{WITHOUT_BODY}"
        if len(site.rows) > COUNT - 20:
            sent = orjson.dumps({"format": "json", "content": measurement.content.decode()})
            uid = site.post("/api/v1/submit_measurement", sent)["measurement_uid"]
        scored = score_body(measurement.envelope(), uid, matcher)
        if isinstance(scored, Scored):
            site.rows.append(dict(zip(FASTPATH_COLUMNS, scored.row, strict=True)))
    clickhouse.insert("fastpath", FASTPATH_COLUMNS, [tuple(row.values()) for row in site.rows])
    lists = [(one.domain, one.url, "ZZ", one.category_code) for one in world.sites]
    clickhouse.insert("citizenlab", CITIZENLAB_COLUMNS, lists)
    site.rows.sort(key=lambda row: row["measurement_start_time"], reverse=True)
    yield site
    asyncio.run(_started_and_ended(api.documented))
    for table in ("fastpath", "fastpath_axes", "fastpath_uids", "citizenlab"):
        clickhouse.command(f"TRUNCATE TABLE {table}")


async def _started_and_ended(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        pass


def test_build_step_and_lists(site: Site) -> None:
    countries = site.get("/api/_/countries")["countries"]
    assert {one["alpha_2"] for one in countries} <= {row["probe_cc"] for row in site.rows}
    assert sum(one["count"] for one in countries) == len(site.rows)
    assert all(one["name"] for one in countries)
    networks = site.get("/api/_/networks")["results"]
    assert {one["probe_asn"] for one in networks} == {row["probe_asn"] for row in site.rows}
    assert all(isinstance(one["org_name"], str) and one["cnt"] > 0 for one in networks)
    domains = site.get("/api/_/domains")["results"]
    assert {one["domain_name"] for one in domains} >= {row["domain"] for row in site.rows if row["domain"]}
    web = [row for row in site.rows if row["test_name"] == "web_connectivity"]
    assert sum(one["measurement_count"] for one in domains) == len(web)


def test_home(site: Site) -> None:
    assert site.get("/api/_/global_overview")["measurement_count"] == len(site.rows)
    by_month = site.get("/api/_/global_overview_by_month")
    assert sum(one["value"] for one in by_month["measurements_by_month"]) == len(site.rows)
    for kind in ("networks", "countries", "measurements"):
        assert [set(one) for one in by_month[f"{kind}_by_month"]] == [{"date", "value"}] * len(
            by_month["measurements_by_month"]
        )


def test_search(site: Site) -> None:
    since, until = (datetime.now(UTC) + timedelta(days=days) for days in (-30, 1))
    window = f"since={since:%Y-%m-%d}&until={until:%Y-%m-%d}&failure=false&limit=50&order=desc"
    url, found = f"/api/v1/measurements?{window}", []
    while url:
        answer = site.get(url)
        found += [one["measurement_uid"] for one in answer["results"]]
        url = answer["metadata"]["next_url"]
    assert sorted(found) == sorted(row["measurement_uid"] for row in site.rows if row["msm_failure"] == "f")
    only = site.get(f"/api/v1/measurements?{window}&test_name=web_connectivity&anomaly=true")["results"]
    assert only
    assert all(one["anomaly"] and one["test_name"] == "web_connectivity" for one in only)
    assert all(one["probe_asn"].startswith("AS") and "blocking_general" in one["scores"] for one in only)


def test_measurement_page(site: Site) -> None:
    row = next(row for row in site.rows if not row["measurement_uid"].endswith(WITHOUT_BODY))
    uid = row["measurement_uid"]
    meta = site.get(f"/api/v1/measurement_meta?measurement_uid={uid}&full=true")
    assert orjson.loads(meta["scores"]) == orjson.loads(row["scores"])
    body = orjson.loads(meta["raw_measurement"])
    assert body == site.get(f"/api/v1/raw_measurement?measurement_uid={uid}")
    assert (body["probe_cc"], body["test_name"]) == (row["probe_cc"], row["test_name"])
    by_report = site.get(f"/api/v1/measurement_meta?report_id={row['report_id']}&input={row['input']}")
    assert by_report["measurement_uid"]


def counted(site: Site, query: str) -> list[dict[str, Any]]:
    result = site.get(f"/api/v1/aggregation?{query}")["result"]
    assert isinstance(result, list)
    return result


def window(days: int) -> str:
    now = datetime.now(UTC)
    return f"since={now - timedelta(days=days):%Y-%m-%d}&until={now + timedelta(days=1):%Y-%m-%d}"


def total(result: list[dict[str, Any]]) -> int:
    for one in result:
        kinds = (one["ok_count"], one["anomaly_count"], one["confirmed_count"], one["failure_count"])
        assert sum(kinds) == one["measurement_count"]
    return sum(one["measurement_count"] for one in result)


def test_country_page(site: Site) -> None:
    place = site.rows[0]["probe_cc"]
    here = [row for row in site.rows if row["probe_cc"] == place]
    overview = site.get(f"/api/_/country_overview?probe_cc={place}")
    assert overview["measurement_count"] == len(here)
    assert overview["network_count"] == len({row["probe_asn"] for row in here})
    calendar = counted(site, f"probe_cc={place}&{window(365)}&axis_x=measurement_start_day")
    assert total(calendar) == len(here)
    assert all(len(one["measurement_start_day"]) == 10 for one in calendar)
    axes = "axis_x=measurement_start_day&time_grain=day"
    websites = counted(site, f"probe_cc={place}&{window(30)}&{axes}&axis_y=domain&test_name=web_connectivity")
    assert total(websites) == len([row for row in here if row["test_name"] == "web_connectivity"])
    for apps in ("signal,telegram,whatsapp,facebook_messenger", "psiphon,tor,torsf"):
        found = counted(site, f"probe_cc={place}&{window(30)}&{axes}&axis_y=test_name&test_name={apps}")
        assert total(found) == len([row for row in here if row["test_name"] in apps.split(",")])
    categories = counted(
        site, f"probe_cc={place}&{window(30)}&axis_x=category_code&test_name=web_connectivity"
    )
    assert all(one["category_code"] for one in categories)


def test_network_page(site: Site) -> None:
    asn = site.rows[0]["probe_asn"]
    here = [row for row in site.rows if row["probe_asn"] == asn]
    assert total(counted(site, f"probe_asn=AS{asn}&axis_x=probe_cc")) == len(here)
    assert set(site.get(f"/api/_/asnmeta?asn={asn}")) == {"org_name"}
    calendar = f"probe_asn={asn}&{window(12 * 365)}&axis_x=measurement_start_day"
    assert total(counted(site, calendar)) == len(here)
    recent = site.get(f"/api/v1/measurements?limit=5&failure=false&order=desc&probe_asn={asn}")["results"]
    assert 0 < len(recent) <= 5


def test_domain_page(site: Site) -> None:
    row = next(row for row in site.rows if row["domain"])
    here = [one for one in site.rows if one["domain"] == row["domain"]]
    meta = site.get(f"/api/_/domain_metadata?domain={row['domain']}")
    assert meta["canonical_domain"] == row["domain"]
    assert meta["category_code"]
    axes = "axis_x=measurement_start_day&axis_y=probe_cc&time_grain=day"
    query = f"domain={row['domain']}&{window(30)}&{axes}&test_name=web_connectivity"
    assert total(counted(site, query)) == len(here)


def test_chart(site: Site) -> None:
    query = f"test_name=web_connectivity&{window(30)}&axis_x=measurement_start_day&time_grain=day"
    web = [row for row in site.rows if row["test_name"] == "web_connectivity"]
    assert total(counted(site, query)) == len(web)
    answer = asyncio.run(site._ask("GET", f"/api/v1/aggregation?{query}&format=CSV"))
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert "measurement_count" in lines[0]
    assert len(lines) == 1 + len(counted(site, query))


def test_everything_under_it_is_documented(site: Site) -> None:
    paths = site.get("/openapi.json")["paths"]
    expected = {
        "countries", "networks", "domains", "asnmeta", "domain_metadata", "country_overview",
        "global_overview", "global_overview_by_month",
    }  # fmt: skip
    assert {f"/api/_/{name}" for name in expected} <= set(paths)
