"""The home page: what it says, that it stands without its dependencies, that nothing hostile gets through."""

import re
from typing import Any

import pytest

from oonib.app.health import Finding
from oonib.errors import Unavailable
from oonib.spool import Tally
from oonib.web.map import CountryCounts

from .conftest import Site, row
from support.html import HOSTILE, Elements


def finding(**values: Any) -> dict[str, Any]:
    """A published finding, as listings show it."""
    return {
        "id": "1",
        "slug": "2026-blocked",
        "title": "Blocked",
        "short_description": "A site is blocked.",
        "start_time": "2026-02-01T00:00:00.000000Z",
        "end_time": None,
        "CCs": ["TR"],
    } | values


def test_says_what_there_is_and_how_it_is(site: Site) -> None:
    site.spool.settle(0, [Tally("2026030210", "accepted", "", 1234), Tally("2026030210", "scored", "", 1230)])
    answer = site.client.get("/")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    for text in ("Working: 1 check passes.", "1\u202f234", "1\u202f230", "https://site.example/", "AS64500"):
        assert text in page.text
    assert "123\u202f456" in page.text
    assert "/m/20260302100000.000000_BR_webconnectivity_0123456789abcdef" in page.links()
    assert "/status" in page.links()
    assert "https://api.example.org/api/v1/measurements" in page.text


def test_the_twin_says_the_same(site: Site) -> None:
    site.spool.settle(0, [Tally("2026030210", "accepted", "", 1234)])
    site.around.published = [finding()]
    twin = site.client.get("/?format=json").json()
    assert twin["totals"]["measurement_count"] == 123456
    assert twin["newest"]["lines"][0]["verdict"]["word"] == "No anomaly"
    assert twin["world"]["countries"][0] | {"share": 0.3} == twin["world"]["countries"][0]
    assert [one["title"] for one in twin["findings"]] == ["Blocked"]
    assert twin["checks"][0]["id"] == "spool_room"
    assert twin["last_24_hours"]["accepted"] == 1234


def test_the_map_has_a_link_and_the_counts_of_each_country(site: Site) -> None:
    page = site.client.get("/").text
    drawn = re.findall(
        r'<a href="/country/([A-Z]{2})" tabindex="-1"><title>([^<]*)</title><path[^>]*class="f-([^"]*)"', page
    )
    found = {code: (tip, tone) for code, tip, tone in drawn}
    assert len(found) > 200
    assert found["IR"] == ("Iran\nMeasurements 200\nAnomaly 40\nConfirmed 20\nFailure 10", "level-3")
    assert found["AD"][1] == "few"
    assert found["BR"] == ("Brazil\nNo measurements", "few")
    assert '<td class="n">30.0 %</td>' in page
    assert '<td class="n">too few</td>' in page


def test_shows_the_latest_findings(site: Site) -> None:
    assert "Nothing has been published here yet." in site.client.get("/").text
    site.around.published = [finding(title=f"Number {n}", slug=f"2026-number-{n}") for n in range(9)]
    page = Elements(site.client.get("/").text)
    assert [link for link in page.links() if link.startswith("/findings/")] == [
        f"/findings/2026-number-{n}" for n in range(4)
    ]
    assert "/country/TR" in page.links()


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ({}, "No anomaly"),
        ({"anomaly": True}, "Anomaly"),
        ({"confirmed": True, "anomaly": True}, "Confirmed"),
        ({"failure": True, "anomaly": True}, "Failure"),
    ],
)
def test_verdicts_are_words(site: Site, flags: dict[str, bool], word: str) -> None:
    site.listing.rows = [row(**flags)]
    assert f"</span> {word}</span>" in site.client.get("/").text


@pytest.mark.parametrize("field", ["input", "probe_cc", "probe_asn", "test_name", "measurement_uid"])
def test_hostile_values_stay_text(site: Site, field: str) -> None:
    harmless = Elements(site.client.get("/").text).shape()
    for payload in HOSTILE:
        site.listing.rows = [row(**{field: payload})]
        remains_harmless(site, harmless)


def remains_harmless(site: Site, shape: list[tuple[str, list[str]]]) -> None:
    answer = site.client.get("/")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert page.shape() == shape
    assert all(link.startswith(("/", "#")) for link in page.links())
    assert not {"\0", "\x1b", "\u202e"} & set(answer.text)


def test_a_hostile_check_stays_text(site: Site) -> None:
    site.findings.append(Finding(id="<script>alert(1)</script>", status="fail", detail="refused"))
    text = site.client.get("/").text
    assert "1 check fails: &lt;script&gt;" in text


@pytest.mark.parametrize("field", ["title", "short_description", "slug", "CCs"])
def test_a_hostile_finding_stays_text(site: Site, field: str) -> None:
    site.around.published = [finding()]
    harmless = Elements(site.client.get("/").text).shape()
    for payload in HOSTILE:
        site.around.published = [finding(**{field: [payload] if field == "CCs" else payload})]
        remains_harmless(site, harmless)


def test_a_country_with_a_strange_code_stays_text(site: Site) -> None:
    site.around.countries = [CountryCounts('"><script>', 50, 1, 1, 1)]
    assert "<script>" not in site.client.get("/").text


def test_lists_one_kind(site: Site) -> None:
    site.client.get("/?show=confirmed")
    assert site.listing.asked[-1].confirmed is True
    site.client.get("/?show=<script>")
    assert site.listing.asked[-1].confirmed is None


def test_stands_without_clickhouse(site: Site) -> None:
    site.listing.error = Unavailable("The database is away for a moment")
    site.findings[:] = [Finding(id="clickhouse_error", status="fail", detail="refused")]
    answer = site.client.get("/")
    assert answer.status_code == 200
    assert "The database is away for a moment" in answer.text
    assert "clickhouse_error" in answer.text


def test_stands_without_its_counts(site: Site) -> None:
    site.around.error = Unavailable("The database is away for a moment")
    answer = site.client.get("/")
    assert answer.status_code == 200
    assert "The map cannot be drawn just now" in answer.text
    assert "The totals are being counted" in answer.text
    assert "https://site.example/" in answer.text


def test_stands_without_its_spool(site: Site) -> None:
    with site.spool.database.write() as connection:
        connection.execute("DROP TABLE ledger")
    answer = site.client.get("/")
    assert answer.status_code == 200
    assert "cannot be read just now" in answer.text
    assert "https://site.example/" in answer.text


def test_says_when_there_is_nothing(site: Site) -> None:
    site.listing.rows = []
    assert "Send the first one." in site.client.get("/").text
