"""The home page: what it says, that it stands without its dependencies, that nothing hostile gets through."""

from html.parser import HTMLParser

import pytest

from oonib.app.health import Finding
from oonib.errors import Unavailable
from oonib.spool import Tally

from .conftest import Site, row

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "</td></table></main><form action=//evil.example>",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "https://a.example/\u202egnp.exe",
    "a\0b\x1b[31m",
    "\ud800",
    "&lt;b&gt;",
    "<svg/onload=alert(1)>" * 500,
]


class Elements(HTMLParser):
    """Every element of a page with its attributes, and all its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def shape(self) -> list[tuple[str, list[str]]]:
        """The page without its texts: what a hostile value must not change."""
        return [(tag, sorted(attributes)) for tag, attributes in self.found]

    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.found if tag == "a"]


def test_says_what_is_newest_and_how_it_is(site: Site) -> None:
    site.spool.settle(0, [Tally("2026030210", "accepted", "", 1234), Tally("2026030210", "scored", "", 1230)])
    answer = site.client.get("/")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    for text in ("Working.", "1\u202f234", "1\u202f230", "https://site.example/", "AS64500", "No anomaly"):
        assert text in page.text
    uid = "20260302100000.000000_BR_webconnectivity_0123456789abcdef"
    assert f"/api/v1/raw_measurement?measurement_uid={uid}" in page.links()
    assert "https://api.example.org/api/v1/measurements" in page.text


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


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("field", ["input", "probe_cc", "probe_asn", "test_name", "measurement_uid"])
def test_hostile_values_stay_text(site: Site, field: str, payload: str) -> None:
    harmless = Elements(site.client.get("/").text)
    site.listing.rows = [row(**{field: payload})]
    answer = site.client.get("/")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert page.shape() == harmless.shape()
    assert all(link.startswith(("/", "#")) for link in page.links())
    assert not {"\0", "\x1b", "\u202e"} & set(answer.text)


def test_a_hostile_finding_stays_text(site: Site) -> None:
    site.findings.append(Finding(id="clickhouse_error", status="fail", detail="<script>alert(1)</script>"))
    text = site.client.get("/").text
    assert "&lt;script&gt;" in text
    assert "1 check fails" in text


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
