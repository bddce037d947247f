"""Paths that have moved, and what crawlers may fetch (probe contract 12, data contract 2.4).

The old pages about measurements are in OONI Explorer now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from oonib.errors import BadRequest, NotFound

_EXPLORER = "https://explorer.ooni.org"
_SEARCH = f"{_EXPLORER}/search"
_NOT_FOR_CRAWLERS = (
    "/api/_",
    "/api/v1/aggregation",
    "/api/v1/measurement_meta",
    "/api/v1/raw_measurement",
    "/api/v1/test-list/urls",
    "/api/v1/torsf_stats",
    "/files",
    "/stats",
    "/201",
    "/202",
)
_ROBOTS = "\n".join(
    ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_CRAWLERS), "Crawl-delay: 300", ""]
)


def router() -> APIRouter:
    """`/robots.txt`, `/stats`, `/files…`, `/api/`, `/apidocs` and days."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/robots.txt")
    def robots() -> PlainTextResponse:
        return PlainTextResponse(_ROBOTS, headers={"Cache-Control": "max-age=86400"})

    @routes.get("/stats")
    def stats() -> RedirectResponse:
        return RedirectResponse(_EXPLORER, 301)

    @routes.get("/files")
    @routes.get("/files/by_date")
    @routes.get("/files/by_country")
    def files() -> RedirectResponse:
        return RedirectResponse(_SEARCH, 301)

    @routes.get("/files/by_date/{day}")
    def by_date(day: str) -> RedirectResponse:
        return _of_day(day)

    @routes.get("/files/by_country/{probe_cc}")
    def by_country(probe_cc: str) -> RedirectResponse:
        if len(probe_cc) != 2 or not (probe_cc.isascii() and probe_cc.isalpha()):
            raise BadRequest("not a country code of two letters")
        return _search(probe_cc=probe_cc.upper())

    _later(routes)
    return routes


def _later(routes: APIRouter) -> None:
    @routes.get("/api/v1/files")
    def no_files() -> JSONResponse:
        return JSONResponse({"msg": "not implemented"}, headers={"Cache-Control": "max-age=86400"})

    @routes.get("/api/")
    def api() -> RedirectResponse:
        return RedirectResponse("/apidocs", 302)

    @routes.get("/apidocs")
    @routes.get("/apidocs/")
    def apidocs() -> RedirectResponse:
        return RedirectResponse("/docs", 301)

    @routes.get("/apispec_1.json")
    def apispec() -> RedirectResponse:
        return RedirectResponse("/openapi.json", 301)

    @routes.get("/20{rest}")
    def of_day(rest: str) -> RedirectResponse:
        with _or_not_found():
            return _of_day(f"20{rest}")

    @routes.get("/20{rest}/{name}.json")
    def report(rest: str, name: str) -> RedirectResponse:
        with _or_not_found():
            _day(f"20{rest}")
        return RedirectResponse(f"/files/download/{quote(name, safe='')}.json", 302)


@contextmanager
def _or_not_found() -> Iterator[None]:
    """What is no day is no path of ours."""
    try:
        yield
    except BadRequest:
        raise NotFound("Not found") from None


def _of_day(text: str) -> RedirectResponse:
    since = _day(text)
    return _search(until=(since + timedelta(days=1)).isoformat(), since=since.isoformat())


def _search(**query: str) -> RedirectResponse:
    return RedirectResponse(f"{_SEARCH}?{urlencode(query)}", 301)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        # Also dates without hyphens and of weeks are ISO dates, and the last of all has no day after it.
        if day.isoformat() == text and day < date.max:
            return day
    except ValueError:
        pass
    raise BadRequest("not a date like 2026-03-02")
