"""A partner's story over a real API and a real ClickHouse: a link is made, edited, run, and expires."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from oonib.accounts import Session
from oonib.accounts.tokens import Tokens
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

from support.checkin import start_of_week
from support.clickhouse import EmbeddedServer, tables_on
from support.goclient import ANY, STRING, TIME, ListOf, MapOf, read
from support.processes import Oonib, wait_until

KEY = "a key of the test, of more than thirty-two bytes"
PARTNER = "partner@news.example"
LISTS = [
    ("measured.example", "https://measured.example/", "ZZ", "NEWS"),
    ("news.example", "https://news.example/", "ZZ", "NEWS"),
    ("rights.example", "https://rights.example/", "it", "HUMR"),
    ("far.example", "https://far.example/", "br", "NEWS"),
]
DESCRIPTOR = {
    "revision": STRING,
    "date_created": TIME,
    "nettests": ListOf(
        {
            "test_name": STRING,
            "inputs": ListOf(STRING),
            "inputs_extra": ListOf(MapOf(ANY)),
            "options": MapOf(ANY),
            "targets_name": STRING,
        }
    ),
}


@pytest.fixture
def api(shared_server: EmbeddedServer, tmp_path: Path) -> Iterator[str]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        warehouse.insert("citizenlab", CITIZENLAB_COLUMNS, LISTS)
        row = (start_of_week(datetime.now(UTC)), "IT", 30722, "https://measured.example/", 500)
        columns = ("week", "probe_cc", "probe_asn", "input", "msmt_cnt")
        warehouse.insert("counters_asn_test_list", columns, [row])
        warehouse.close()
        settings = {"workers": 1, "clickhouse_url": url, "jwt_encryption_key": KEY}
        with Oonib("api", data_dir=tmp_path / "data", **settings) as running:
            yield f"{running.url}/api/v2/oonirun/links"


def logged_in() -> dict[str, str]:
    now = datetime.now(UTC)
    tokens = Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))
    return {"Authorization": f"Bearer {tokens.session(Session('a' * 32, 'user', PARTNER, now, now), now)}"}


def link(**values: Any) -> dict[str, Any]:
    return {
        "name": "Elections",
        "short_description": "News sites around the elections",
        "description": "We look at *news* sites.",
        "author": PARTNER,
        "nettests": [{"test_name": "web_connectivity", "inputs": ["https://news.example/"]}],
        **values,
    }


def run(url: str, revision: str = "latest", **probe: Any) -> dict[str, Any]:
    asked = {
        "run_type": "manual",
        "is_charging": True,
        "probe_asn": "AS30722",
        "probe_cc": "IT",
        "network_type": "wifi",
        "website_category_codes": [],
        **probe,
    }
    answer = httpx.post(f"{url}/engine-descriptor/{revision}", json=asked, timeout=20)
    descriptor: dict[str, Any] = read(answer, DESCRIPTOR)
    return descriptor


def test_a_partners_story(api: str) -> None:
    partner = logged_in()
    made = httpx.post(api, json=link(), headers=partner).raise_for_status().json()
    url = f"{api}/{made['oonirun_link_id']}"
    assert run(url)["nettests"][0]["inputs"] == ["https://news.example/"]

    # Another description is seen at once and needs nobody's consent.
    described = (
        httpx.put(url, json={**made, "description": "Better"}, headers=partner).raise_for_status().json()
    )
    assert (described["description"], described["revision"]) == ("Better", "1")

    # From now on each network measures what it knows least of.
    dynamic = {"test_name": "web_connectivity", "targets_name": "websites_list_prioritized"}
    edited = (
        httpx.put(url, json={**described, "nettests": [dynamic]}, headers=partner).raise_for_status().json()
    )
    assert edited["revision"] == "2"
    assert httpx.get(f"{url}/revisions").json() == {"revisions": ["2", "1"]}
    here = wait_until(lambda: _settled(url), what="the lists of ClickHouse")
    assert here["revision"] == "2"
    (nettest,) = here["nettests"]
    assert set(nettest["inputs"]) == {
        "https://measured.example/",
        "https://news.example/",
        "https://rights.example/",
    }
    assert nettest["inputs"][-1] == "https://measured.example/"
    assert nettest["inputs_extra"][nettest["inputs"].index("https://rights.example/")] == {
        "category_code": "HUMR",
        "country_code": "IT",
    }
    (news,) = run(url, website_category_codes=["HUMR"], run_type="timed")["nettests"]
    assert news["inputs"] == ["https://rights.example/"]
    assert run(url, "1")["nettests"][0]["inputs"] == ["https://news.example/"]

    # It expires: probes that have it go on, but nobody finds or edits it any more.
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    ending = (
        httpx.put(url, json={**edited, "expiration_date": soon}, headers=partner).raise_for_status().json()
    )
    assert (ending["revision"], ending["is_expired"]) == ("2", False)
    wait_until(lambda: httpx.get(url).json()["is_expired"], what="the end")
    assert httpx.put(url, json=link(), headers=partner).status_code == 403
    assert httpx.get(api).json() == {"oonirun_links": []}
    mine = httpx.get(f"{api}?is_mine=true&is_expired=true", headers=partner).json()["oonirun_links"]
    assert [one["oonirun_link_id"] for one in mine] == [made["oonirun_link_id"]]
    assert len(run(url)["nettests"][0]["inputs"]) == 3


def _settled(url: str) -> dict[str, Any] | None:
    """What a probe gets once the process has read the lists; until then it gets starters."""
    found = run(url)
    return found if "https://measured.example/" in found["nettests"][0]["inputs"] else None
