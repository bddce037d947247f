"""The data pages over HTTP: `/data`, `/data/raw/…`, `/data/export`, and downloads below `/data/objects/`.

Handlers are sync and run in the thread pool.
"""

from dataclasses import asdict
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from oonib.web.data.places import Place
from oonib.web.data.ranges import BadRange, Range, parse_range
from oonib.web.data.recipes import recipes
from oonib.web.data.service import DataService, Stored
from oonib.web.frame import View
from oonib.web.frame.routes import READ, Desk, tags

_A_DAY = "public, max-age=86400"
_SHORT = "no-cache"

Number = Annotated[int, Query(ge=1, le=1_000_000, description="Which page.")]


def router(desk: Desk, service: DataService) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router(prefix="/data")
    _page_routes(routes, desk, service)
    _download_route(routes, service)
    return routes


def _page_routes(routes: APIRouter, desk: Desk, service: DataService) -> None:
    def answer(request: Request, template: str, found: dict[str, Any], **more: Any) -> Response:
        return desk.show(request, View(template, found, more, section="data"))

    @routes.api_route("", methods=READ)
    @routes.api_route("/", methods=READ)
    def overview(request: Request) -> Response:
        found = service.overview()
        files = found["exports"][0]["files"] if found["exports"] else []
        lines = recipes(service.base_url, files) if files else []
        return answer(request, "data.html", found, recipes=lines)

    @routes.api_route("/export", methods=READ)
    def export(request: Request, page: Number = 1) -> Response:
        return answer(request, "exports.html", service.exports(page))

    @routes.api_route("/raw", methods=READ)
    def days(request: Request, page: Number = 1) -> Response:
        place, listing = service.place("", page)
        return answer(request, "listing.html", asdict(listing), way=_way(place))

    @routes.api_route("/raw/{path:path}", methods=READ)
    def folder(
        request: Request,
        path: Annotated[str, Path(max_length=200)],
        page: Number = 1,
    ) -> Response:
        place, listing = service.place(path.rstrip("/"), page)
        return answer(request, "listing.html", asdict(listing), way=_way(place))


def _way(place: Place) -> list[tuple[str, str]]:
    """Names and addresses of the folders on the way to a place and of itself."""
    on_it = (*place.above, place)
    return [(step.names[-1] if step.names else "raw", f"/data/{step.prefix}") for step in on_it]


def _download_route(routes: APIRouter, service: DataService) -> None:
    @routes.api_route("/objects/{key:path}", methods=READ)
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
