"""The HTTP side of aggregation (data contract 3.4, caching by operations contract 4.3)."""

import itertools
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from oonib.errors import Forbidden
from oonib.measurements import formats
from oonib.measurements.aggregation.reading import Aggregation, EqualAxes
from oonib.measurements.aggregation.schema import Aggregated, AggregationParameters
from oonib.measurements.aggregation.service import AGGREGATION_PATH, AggregationService, Counted
from oonib.measurements.routes import tagged

_EQUAL_AXES = "Axis X and Y cannot be the same"
_TABLES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The counts, as JSON or as a table.", "content": formats.TABLES},
    304: {"description": "As it was when this client asked before."},
}


def router(service: AggregationService, is_local: Callable[[Request], bool]) -> APIRouter:
    """The route over `service`. `is_local`: whether a request comes from this machine."""
    routes = APIRouter(tags=["measurements"])

    @routes.get(
        AGGREGATION_PATH, response_model=Aggregated, response_model_exclude_unset=True, responses=_TABLES
    )
    def aggregate(request: Request, asked: Annotated[AggregationParameters, Query()]) -> Response:
        """Count measurements by up to two axes.

        The window includes `since` and excludes `until`. Each measurement counts once, as it was scored last,
        and has one of four outcomes. Intervals without measurements are absent. A URL of several test lists
        has one category, that of the global list before others; one of no list is not counted by category.
        """
        if asked.explain and not is_local(request):
            raise Forbidden("Only a client on the same machine is shown the query")
        try:
            meant = service.read(asked)
        except EqualAxes:
            return _equal_axes()
        form = formats.FORMS[asked.format]
        headers = {"Cache-Control": "max-age=86400" if service.is_settled(meant) else "max-age=60"}
        if asked.download:
            headers["Content-Disposition"] = f"attachment; filename=ooni-aggregate-data.{form.ending}"
        if form.engine is not None:
            first, rest = service.table(meant, form.engine)
            pieces = itertools.chain(first, rest or ())
            return StreamingResponse(pieces, media_type=form.media_type, headers=headers)
        counted = service.count(meant)
        if asked.format == "CSV":
            return _csv(request, counted, headers)
        explained = service.explain(meant) if asked.explain else None
        return _json(request, meant, counted, headers, explained)

    return routes


def _equal_axes() -> Response:
    # A success, because clients expect one (data contract 0.1).
    body = {"msg": _EQUAL_AXES, "error": _EQUAL_AXES, "detail": _EQUAL_AXES, "v": 0}
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-cache"})


def _csv(request: Request, counted: Counted, headers: dict[str, str]) -> Response:
    order = sorted(range(len(counted.columns)), key=counted.columns.__getitem__)
    header = [counted.columns[index] for index in order]
    media_type = formats.FORMS["CSV"].media_type
    rows = ([row[index] for index in order] for row in itertools.chain(counted.rows, counted.rest or ()))
    if not counted.rows:
        return Response(b"", media_type=media_type, headers=headers)
    pieces = formats.as_csv(header, rows)
    if counted.rest is not None:
        return StreamingResponse(formats.in_pieces(pieces), media_type=media_type, headers=headers)
    return tagged(request, b"".join(pieces), headers, media_type)


def _json(
    request: Request,
    meant: Aggregation,
    counted: Counted,
    headers: dict[str, str],
    explained: dict[str, Any] | None,
) -> Response:
    after: dict[str, Any] = {"v": 0, "dimension_count": len(meant.axes), "db_stats": _cost(counted)}
    if explained is not None:
        after["explain"] = explained
    items = (_item(counted.columns, row) for row in itertools.chain(counted.rows, counted.rest or ()))
    if counted.rest is not None:
        pieces = formats.in_pieces(_streamed(items, after))
        return StreamingResponse(pieces, media_type="application/json", headers=headers)
    results = list(items)
    content = orjson.dumps(results if meant.axes else results[0])
    return tagged(
        request, content, headers, "application/json", around=(b'{"result":', b"," + orjson.dumps(after)[1:])
    )


def _streamed(items: Iterator[dict[str, Any]], after: dict[str, Any]) -> Iterator[bytes]:
    yield b'{"result":['
    yield from formats.as_json_list(items)
    yield b"]," + orjson.dumps(after)[1:]


def _item(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))


def _cost(counted: Counted) -> dict[str, float]:
    cost = counted.cost
    return {
        "row_count": cost.read_rows,
        "bytes": cost.read_bytes,
        "total_row_count": cost.read_rows,
        "elapsed_seconds": cost.elapsed,
    }
