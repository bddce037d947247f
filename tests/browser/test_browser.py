"""The pages in a real browser, on a real backend with the synthetic world in it.

Of every page: nothing breaks, it is light, readable by everybody. Then what people come for, from the first
click to the last.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from docs.screenshots import pages
from playwright.sync_api import Browser, Page, expect

from support.browsing import ADMIN, Demo, violations, weight, window

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(400)]

MOST_BYTES = 100_000
"""Of a page with all that belongs to it, compressed; the map of the home page does not count."""

NAMES = (
    *("home", "search", "measurement", "measurement-app", "chart", "chart-heat", "countries", "country"),
    *("networks", "network", "domains", "domain", "findings", "finding", "runs", "run", "lists"),
    *("priorities", "data", "status", "login", "docs", "nothing"),
)
MAIN = ("home", "search", "measurement", "chart", "country")
"""Pages that are looked at in both ways; the others in one of them, so that it stays quick."""

LOOKS = (("light", 1280, "en"), ("dark", 390, "ar"))

THINNED = """() => {
    const others = "article.operation:nth-of-type(n+2), details.schema:nth-of-type(n+5)";
    const more = document.querySelectorAll(others);
    more.forEach(one => one.remove());
    return more.length;
}"""
"""Leaves the first endpoint of each section and the first few types: the others are made by the same
template, and looking at all 16,000 elements takes half a minute. Says how many are gone."""


def shift(page: Page) -> float:
    """How much of the page moved while it was shown (the sum that browsers call layout shift)."""
    return float(
        page.evaluate("""() => new Promise(resolve => {
            let sum = 0;
            new PerformanceObserver(list => {
                for (const entry of list.getEntries()) sum += entry.value;
            }).observe({type: "layout-shift", buffered: true});
            setTimeout(() => resolve(sum), 150);
        })""")
    )


def test_all_pages_are_looked_at(demo: Demo) -> None:
    assert set(NAMES) == set(pages(demo.url))


@pytest.mark.parametrize("name", NAMES)
def test_a_page(demo: Demo, chromium: Browser, name: str) -> None:
    path = pages(demo.url)[name]
    looks = LOOKS if name in MAIN else LOOKS[NAMES.index(name) % 2 :][:1]
    for scheme, width, code in looks:
        viewport = {"width": width, "height": 800}
        with window(chromium, base_url=demo.url, color_scheme=scheme, viewport=viewport, locale=code) as page:
            found = weight(page, path)
            assert sum(found.values()) < MOST_BYTES or name == "home", found
            assert shift(page) < 0.02
            assert page.locator("html").get_attribute("dir") == ("rtl" if code == "ar" else "ltr")
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} is wider than its window of {width}"
            if name == "docs":
                assert page.evaluate(THINNED) > 50
            assert violations(page) == []


@pytest.mark.slow
def test_the_whole_page_of_the_api_is_readable_by_everybody(demo: Demo, chromium: Browser) -> None:
    for scheme, width, code in LOOKS:
        viewport = {"width": width, "height": 800}
        with window(chromium, base_url=demo.url, color_scheme=scheme, viewport=viewport, locale=code) as page:
            page.goto("/docs")
            assert violations(page) == []


def test_without_script_everything_is_there(demo: Demo, chromium: Browser) -> None:
    known = pages(demo.url)
    with window(chromium, base_url=demo.url, java_script_enabled=False) as page:
        for name in ("home", "search", "chart", "country", "measurement", "finding"):
            page.goto(known[name])
            assert page.locator("h1").count() == 1, name
            assert page.locator("main table, main dl, main article").count(), name


@pytest.fixture
def page(demo: Demo, chromium: Browser) -> Iterator[Page]:
    with window(chromium, base_url=demo.url, viewport={"width": 1280, "height": 900}) as opened:
        yield opened


def log_in(page: Page, demo: Demo, address: str) -> None:
    """As a person does it: ask for a link, open the mail, go on."""
    page.goto("/login")
    page.get_by_label("Mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(demo.login_link(address))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Your account")).to_be_visible()


def test_a_researcher_exports_what_the_api_counts(page: Page, demo: Demo) -> None:
    page.goto("/search")
    page.get_by_role("combobox", name="Countries").fill("IR")
    page.get_by_role("button", name="Search").click()
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["probe_cc"] == ["IR"]
    exported = page.get_by_role("link", name="CSV", exact=True).first.get_attribute("href")
    assert exported is not None
    rows = list(csv.DictReader(io.StringIO(page.request.get(exported).text())))
    window_of = {name: asked[name][0] for name in ("since", "until") if name in asked}
    counted = httpx.get(
        f"{demo.url}/api/v1/aggregation", params={"probe_cc": "IR", **window_of}, timeout=30
    ).json()["result"]
    assert len(rows) == counted["measurement_count"] > 100
    assert sum(row["confirmed"] == "true" for row in rows) == counted["confirmed_count"] > 0


def test_an_admin_changes_a_priority_and_sees_what_changes(page: Page, demo: Demo) -> None:
    log_in(page, demo, ADMIN)

    def first_urls() -> list[str]:
        page.goto("/priorities")
        page.get_by_label("Country").fill("IR")
        page.get_by_role("button", name="Show").click()
        return [cell.inner_text() for cell in page.locator("td.input, th.input").all()[:10]]

    assert "minaret" not in first_urls()[0]
    page.goto("/priorities/edit")
    page.get_by_label("Category").fill("REL")
    page.get_by_label("Domain").fill("www.minaret.example")
    page.get_by_label("Priority").fill("5000")
    page.get_by_label("Look at it for a country").fill("IR")
    page.get_by_role("button", name="What would change?").click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    assert "minaret" in page.locator("main").inner_text()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert "minaret" in first_urls()[0]
    # A probe gets the same at its next check-in.
    checked = httpx.post(f"{demo.url}/api/v1/check-in", json={"probe_cc": "IR"}, timeout=30).json()
    assert "minaret" in checked["tests"]["web_connectivity"]["urls"][0]["url"]


def test_a_volunteer_proposes_a_url(page: Page, demo: Demo) -> None:
    log_in(page, demo, "volunteer@demo.example")
    page.goto("/lists")
    page.get_by_label("List", exact=True).select_option("it")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("link", name="Add a URL").click()
    page.get_by_label("URL").fill("https://www.new-paper.example/")
    page.get_by_label("Category").select_option("NEWS")
    page.get_by_label("Reason").fill("A new paper of the synthetic world")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("ins")).to_contain_text("https://www.new-paper.example/")
    page.get_by_role("button", name="Submit my changes").click()
    expect(page.get_by_role("status")).to_contain_text("submitted")
    assert demo.pulls.pulls[-1]["state"] == "open"
    # Somebody else sees nothing of it.
    page.context.clear_cookies()
    log_in(page, demo, "another@demo.example")
    page.goto("/lists/it")
    expect(page.get_by_text("You have changed nothing.")).to_be_visible()


def test_a_reader_follows_a_verdict_down_to_the_archive(page: Page, demo: Demo) -> None:
    page.goto("/search?probe_cc=IR&confirmed=true&test_name=web_connectivity")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    uid = page.url.rsplit("/", 1)[-1]
    expect(page.locator("h1")).to_contain_text(re.compile("block", re.IGNORECASE))
    body = httpx.get(
        f"{demo.url}/api/v1/raw_measurement", params={"measurement_uid": uid}, timeout=30
    ).content
    archived = page.locator('a[href*="/data/objects/raw/"][href$=".jsonl.gz"]').first.get_attribute("href")
    assert archived is not None
    lines = gzip.decompress(page.request.get(archived).body()).splitlines()
    assert body in lines
    # The tree is only loaded when it is asked for, and holds what the body says.
    tree = page.locator("details", has_text="test_keys").first
    if tree.count():
        tree.locator("summary").first.click()


def test_a_journalist_finds_what_is_blocked_and_shares_the_chart(page: Page, demo: Demo) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Countries").click()
    page.locator("main").get_by_role("link", name="Iran", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Iran")
    answers = page.locator("main").inner_text()
    assert "Telegram" in answers
    page.locator('main a[href^="/chart/mat"]').first.click()
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["probe_cc"] == ["IR"]
    expect(page.locator("figure svg").first).to_be_visible()
    png = page.get_by_role("link", name="PNG").get_attribute("href")
    assert png is not None
    assert page.request.get(png).body().startswith(b"\x89PNG")
    # Whoever gets the link sees the same.
    title = page.locator("h1").inner_text()
    link = page.locator("pre code").first.inner_text()
    page.context.clear_cookies()
    page.goto(link)
    assert page.locator("h1").inner_text() == title
