"""Every page in a real browser: nothing breaks or comes from elsewhere, light, readable by everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from support.browsing import Demo, violations, weight, window

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(400)]

MOST_BYTES = 100_000
"""Of a page with all that belongs to it, compressed; the map of the home page does not count."""


def _first(demo: Demo, path: str, key: str, field: str) -> str:
    found = demo.json(path)
    return str(found[key][0][field])


PLACES: dict[str, Callable[[Demo], str]] = {
    "home": lambda _: "/",
    "chart": lambda _: "/chart/mat?probe_cc=IR",
    "heat map": lambda _: "/chart/mat?axis_x=measurement_start_day&axis_y=probe_cc",
    "data": lambda _: "/data",
    "archive": lambda _: "/data/raw",
    "status": lambda _: "/status",
    "API": lambda _: "/docs",
    "nothing": lambda _: "/there/is/nothing",
}


@pytest.mark.parametrize("name", PLACES)
def test_a_page(demo: Demo, chromium: Browser, name: str) -> None:
    path = PLACES[name](demo)
    for scheme, width in (("light", 1280), ("dark", 390)):
        with window(
            chromium, base_url=demo.url, color_scheme=scheme, viewport={"width": width, "height": 800}
        ) as page:
            found = weight(page, path)
            assert sum(found.values()) < MOST_BYTES or name in ("home", "API"), found
            assert violations(page) == []
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} is wider than its window of {width}"
