"""Pictures of the pages of a running demo: `python -m docs.screenshots [URL] [--all FOLDER]`.

Without `--all` those that the documentation shows are made anew; with it every page goes into a folder, light
and dark, wide and narrow, in English and Arabic, to be looked at.
"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_TALLEST = 12_000
_WIDTHS = {"desktop": 1280, "phone": 390}


@dataclass(frozen=True)
class Shown:
    """A picture of the documentation: the page and how much of it."""

    name: str
    path: str
    height: int


def pages(url: str) -> dict[str, str]:
    """Every page of the demo, by name."""

    def first(path: str, key: str, field: str) -> str:
        found = httpx.get(url + path, timeout=30).json()[key]
        return str(found[0][field])

    blocked = "/api/v1/measurements?probe_cc=IR&confirmed=true&test_name=web_connectivity&limit=1"
    app = "/api/v1/measurements?probe_cc=IR&anomaly=true&test_name=telegram&limit=1"
    return {
        "home": "/",
        "search": "/search?probe_cc=IR&anomaly=true",
        "measurement": f"/m/{first(blocked, 'results', 'measurement_uid')}",
        "measurement-app": f"/m/{first(app, 'results', 'measurement_uid')}",
        "chart": "/chart/mat?probe_cc=IR",
        "chart-heat": "/chart/mat?axis_x=measurement_start_day&axis_y=probe_cc",
        "countries": "/countries",
        "country": "/country/IR",
        "networks": "/networks",
        "network": "/as/64531",
        "domains": "/domains",
        "domain": "/domain/www.daily-herald.example",
        "findings": "/findings",
        "finding": f"/findings/{first('/api/v1/incidents/search', 'incidents', 'slug')}",
        "runs": "/runs",
        "run": f"/runs/{first('/api/v2/oonirun/links', 'oonirun_links', 'oonirun_link_id')}",
        "lists": "/lists",
        "priorities": "/priorities/preview?cc=IR",
        "data": "/data",
        "status": "/status",
        "login": "/login",
        "docs": "/docs",
        "nothing": "/there/is/nothing",
    }


def _documented(known: dict[str, str]) -> Iterator[Shown]:
    for name, height in (("home", 1000), ("country", 1000), ("measurement", 1000)):
        yield Shown(name, known[name], height)


def _shoot(browser: Browser, address: str, to: Path, **options: object) -> None:
    height = int(str(options.pop("height", 0)))
    width = int(str(options.pop("width")))
    context = browser.new_context(viewport={"width": width, "height": height or 900}, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.wait_for_timeout(300)
    # A browser cannot take a picture of any height: the page of the API is longer.
    tall = min(height or int(page.evaluate("document.documentElement.scrollHeight")), _TALLEST)
    page.set_viewport_size({"width": width, "height": tall})
    page.screenshot(path=to)
    context.close()


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    known = pages(asked.url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_OPTIONS))
        if asked.all is None:
            for shown in _documented(known):
                _shoot(
                    browser,
                    asked.url + shown.path,
                    IMAGES / f"{shown.name}.png",
                    width=1280,
                    height=shown.height,
                )
            return
        asked.all.mkdir(parents=True, exist_ok=True)
        for name, scheme, kind, code in product(known, ("light", "dark"), _WIDTHS, ("en", "ar")):
            to = asked.all / f"{name}-{scheme}-{kind}-{code}.png"
            _shoot(
                browser, asked.url + known[name], to, width=_WIDTHS[kind], color_scheme=scheme, locale=code
            )


if __name__ == "__main__":
    main()
