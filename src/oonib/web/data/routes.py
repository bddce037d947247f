"""The data pages over HTTP: `/data`, `/data/raw/…`, `/data/export`, and downloads below `/data/objects/`.

Handlers are sync and run in the thread pool.
"""

from dataclasses import asdict
from email.utils import format_datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from oonib.web.data.places import Place
from oonib.web.data.ranges import BadRange, Range, parse_range
from oonib.web.data.recipes import recipes
from oonib.web.data.service import DataService, Stored
from oonib.web.pages import Pages
from oonib.web.routes import page_answer, tags
from oonib.web.service import Page

_READ = ["GET", "HEAD"]
_A_DAY = "public, max-age=86400"
_SHORT = "no-cache"

Number = Annotated[int, Query(ge=1, le=1_000_000, description="Which page.")]
Form = Annotated[str, Query(pattern="^(html|json)?$", description="`json` for the same as JSON.")]


def router(service: DataService, pages: Pages) -> APIRouter:
    """The routes over `service`. Pages are for people, so the API document does not list them."""
    routes = APIRouter(prefix="/data", include_in_schema=False)
    _page_routes(routes, service, pages)
    _download_route(routes, service)
    return routes


def _page_routes(routes: APIRouter, service: DataService, pages: Pages) -> None:
    def answer(request: Request, form: str, template: str, found: dict[str, Any], **more: Any) -> Response:
        if form == "json":
            return Response(
                orjson.dumps(found), media_type="application/json", headers={"Cache-Control": _SHORT}
            )
        return page_answer(request, Page.of(pages.render(template, **found, **more)))

    @routes.api_route("", methods=_READ)
    @routes.api_route("/", methods=_READ)
    def overview(request: Request, format: Form = "") -> Response:  # noqa: A002 - the same name everywhere
        found = service.overview()
        files = found["exports"][0]["files"] if found["exports"] else []
        lines = recipes(service.base_url, files) if files else []
        return answer(request, format, "data.html", found, recipes=lines)

    @routes.api_route("/export", methods=_READ)
    def export(request: Request, page: Number = 1, format: Form = "") -> Response:  # noqa: A002
        return answer(request, format, "exports.html", service.exports(page))

    @routes.api_route("/raw", methods=_READ)
    def days(request: Request, page: Number = 1, format: Form = "") -> Response:  # noqa: A002
        place, listing = service.place("", page)
        return answer(request, format, "listing.html", asdict(listing), way=_way(place))

    @routes.api_route("/raw/{path:path}", methods=_READ)
    def folder(
        request: Request,
        path: Annotated[str, Path(max_length=200)],
        page: Number = 1,
        format: Form = "",  # noqa: A002
    ) -> Response:
        place, listing = service.place(path.rstrip("/"), page)
        return answer(request, format, "listing.html", asdict(listing), way=_way(place))


def _way(place: Place) -> list[tuple[str, str]]:
    """Names and addresses of the folders on the way to a place and of itself."""
    on_it = (*place.above, place)
    return [(step.names[-1] if step.names else "raw", f"/data/{step.prefix}") for step in on_it]


def _download_route(routes: APIRouter, service: DataService) -> None:
    @routes.api_route("/objects/{key:path}", methods=_READ)
    def download(request: Request, key: Annotated[str, Path(max_length=500)]) -> Response:
        stored = service.stored(key)
        headers = _headers(stored)
        if stored.info.etag is not None and _etag(stored) in tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        try:
            part = _part(request, stored)
        except BadRange:
            headers["Content-Range"] = f"bytes */{stored.info.size}"
            return Response(status_code=416, headers=headers)
        if part is not None:
            headers["Content-Range"] = part.header
        wanted = part or Range(0, stored.info.size, stored.info.size)
        headers["Content-Length"] = str(wanted.length)
        status = 200 if part is None else 206
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=stored.media_type)
        pieces = service.pieces(key, wanted)
        return StreamingResponse(pieces, status, headers, stored.media_type)


def _part(request: Request, stored: Stored) -> Range | None:
    asked = request.headers.get("range", "")
    condition = request.headers.get("if-range")
    if not asked or (condition is not None and condition.strip() != _etag(stored)):
        return None
    return parse_range(asked, stored.info.size)


def _headers(stored: Stored) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": _A_DAY if stored.lasting else _SHORT,
        "Last-Modified": format_datetime(stored.info.modified, usegmt=True),
        "X-Content-Type-Options": "nosniff",
    }
    if stored.info.etag is not None:
        headers["ETag"] = _etag(stored)
    return headers


def _etag(stored: Stored) -> str:
    return f'"{stored.info.etag}"'
