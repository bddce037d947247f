"""The HTTP side of measurements (data contract 1, 2). Handlers are sync and run in the thread pool."""

import itertools
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from oonib.errors import Forbidden
from oonib.measurements import answers, formats
from oonib.measurements.schema import (
    DownloadParameters,
    MeasurementList,
    MeasurementMeta,
    MetaParameters,
    OneParameters,
    SearchParameters,
)
from oonib.measurements.service import RAW_PATH, SEARCH_PATH, MeasurementService, Page

_JSON = formats.FORMS["JSON"].media_type
_CSV = formats.FORMS["CSV"].media_type
_OLD_APP = {
    "metadata": {
        "count": 1,
        "current_page": 1,
        "limit": 100,
        "next_url": None,
        "offset": 0,
        "pages": 1,
        "query_time": 0.001,
    },
    "results": [{**dict.fromkeys(answers.CSV_COLUMNS), "measurement_url": ""}],
}
_BODY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The measurement as it was sent.",
        "content": {_JSON: {"schema": {"type": "object"}}},
    },
    410: {
        "description": "It was removed for good, and why",
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}
_POST: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The stored bytes.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_LISTING: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of measurements, as JSON or as a table.",
        "content": formats.TABLES,
    },
    304: {"description": "As it was when this client asked before."},
}

Uid = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{3,200}$", description="The measurement.")]


def router(service: MeasurementService, is_local: Callable[[Request], bool]) -> APIRouter:
    """The routes over `service`. `is_local`: whether a request comes from this machine."""
    routes = APIRouter(tags=["measurements"])
    _search_route(routes, service, is_local)
    _single_routes(routes, service)
    _spool_route(routes, service)
    return routes


def _search_route(
    routes: APIRouter, service: MeasurementService, is_local: Callable[[Request], bool]
) -> None:
    @routes.get(SEARCH_PATH, response_model=MeasurementList, responses=_LISTING)
    def list_measurements(request: Request, asked: Annotated[SearchParameters, Query()]) -> Response:
        """Search measurements. Follow `metadata.next_url` for more; nothing is counted beyond a page.

        The time window excludes `since` and includes `until`. Measurements without a known country or
        network are not listed. An old Android app (`okhttp`) gets a constant answer that it can stand.
        """
        if request.headers.get("user-agent", "").startswith("okhttp"):
            return _answer(orjson.dumps(_OLD_APP), "no-store")
        if asked.explain and not is_local(request):
            raise Forbidden("Only a client on the same machine is shown the query")
        form = formats.FORMS[asked.format]
        headers = {"Cache-Control": "max-age=60"}
        if asked.download:
            headers["Content-Disposition"] = f"attachment; filename=ooni-measurements.{form.ending}"
        if form.engine is not None:
            first, rest = service.table(asked, form.engine)
            pieces = itertools.chain(first, rest or ())
            return StreamingResponse(pieces, media_type=form.media_type, headers=headers)
        page = service.search(asked)
        following = answers.next_url(
            service.base_url,
            SEARCH_PATH,
            request.url.query,
            offset=page.search.offset + page.search.limit,
            limit=page.search.limit,
        )
        if asked.format == "CSV":
            return _csv_page(request, page, headers, following)
        explained = service.explain(page.search) if asked.explain else None
        return _json_page(request, page, headers, following, explained)


def _single_routes(routes: APIRouter, service: MeasurementService) -> None:
    @routes.get("/api/v1/measurement_meta", response_model=MeasurementMeta, response_model_exclude_unset=True)
    def get_measurement_meta(asked: Annotated[MetaParameters, Query()]) -> Response:
        """What is known of one measurement; `{}` where there is none. With `full`, its body as a string."""
        found, final = service.meta(asked)
        return _answer(orjson.dumps(found), "max-age=60" if final else "no-cache")

    @routes.get(RAW_PATH, responses=_BODY, response_class=Response)
    def get_raw_measurement(asked: Annotated[OneParameters, Query()]) -> Response:
        """The body of one measurement, byte for byte; `{}` where there is no such measurement."""
        body = service.raw(asked)
        return _answer(b"{}", "max-age=60") if body is None else _answer(body, "max-age=86400")

    @routes.get("/api/v1/measurement/{measurement_uid}", responses=_BODY, response_class=Response)
    def get_measurement(measurement_uid: Uid, asked: Annotated[DownloadParameters, Query()]) -> Response:
        """The body of one measurement, byte for byte."""
        answer = _answer(service.body(measurement_uid), "max-age=3600")
        if asked.download:
            # The pattern of the path keeps everything out that would need quoting here.
            name = f"ooni_measurement-{measurement_uid}.json"
            answer.headers["Content-Disposition"] = f"attachment; filename={name}"
        return answer


def _spool_route(routes: APIRouter, service: MeasurementService) -> None:
    @routes.get("/measurement_spool/{folder}/{name}", responses=_POST, response_class=Response)
    def get_spooled_post(
        folder: Annotated[str, Path(max_length=200)], name: Annotated[str, Path(max_length=200)]
    ) -> Response:
        """A measurement that this host has not archived yet, as it is stored; other hosts ask for it."""
        stored = service.spooled(folder, name)
        return Response(stored, media_type="application/octet-stream", headers={"Cache-Control": "no-cache"})


def tagged(
    request: Request,
    content: bytes,
    headers: dict[str, str],
    media_type: str,
    around: tuple[bytes, bytes] = (b"", b""),
) -> Response:
    """An answer, or nothing where the client has its content already. What is `around` it may vary."""
    tag = formats.etag(media_type.encode(), content)
    headers = {**headers, "ETag": tag}
    if formats.matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content.join(around), media_type=media_type, headers=headers)


def _answer(body: bytes, cache: str, media_type: str = _JSON) -> Response:
    return Response(body, media_type=media_type, headers={"Cache-Control": cache})


def _json_page(
    request: Request, page: Page, headers: dict[str, str], following: str, explained: dict[str, Any] | None
) -> Response:
    more = {} if explained is None else {"explain": explained}
    if page.rest is None:
        after = {"metadata": page.metadata(len(page.results), following), **more}
        around = (b'{"results":', b"," + orjson.dumps(after)[1:])
        content = orjson.dumps(page.results)
        if page.settled:
            return tagged(request, content, headers, _JSON, around)
        return Response(content.join(around), media_type=_JSON, headers=headers)
    rest = page.rest

    def pieces() -> Iterator[bytes]:
        # The count is known at the end, so the metadata of a page stands behind its results.
        count = 0
        yield b'{"results":['
        for piece in formats.as_json_list(itertools.chain(page.results, rest)):
            count += 1
            yield piece
        yield b"]," + orjson.dumps({"metadata": page.metadata(count, following), **more})[1:]

    return StreamingResponse(formats.in_pieces(pieces()), media_type=_JSON, headers=headers)


def _csv_page(request: Request, page: Page, headers: dict[str, str], following: str) -> Response:
    if page.rest is None:
        if len(page.results) == page.search.limit:
            headers["Link"] = f'<{following}>; rel="next"'
        content = b"".join(answers.as_csv(page.results))
        if page.settled:
            return tagged(request, content, headers, _CSV)
        return Response(content, media_type=_CSV, headers=headers)
    rows = itertools.chain(page.results, page.rest)
    return StreamingResponse(formats.in_pieces(answers.as_csv(rows)), media_type=_CSV, headers=headers)
