"""Charts over HTTP: `/chart/mat` with its forms `.svg`, `.png` and `.csv`, and `/embed/mat` for other sites.

Handlers are sync and run in the thread pool.
"""

import threading
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from oonib.errors import BadRequest, Invalid, NotFound, OonibError, Unavailable
from oonib.web.chart.service import ChartService, Mat
from oonib.web.chart.viewing import embedded, page
from oonib.web.charts import standalone
from oonib.web.charts.png import png
from oonib.web.frame.routes import READ, SAFE, Desk, answer

PATH = "/chart/mat"
_PROBLEMS: dict[int, type[OonibError]] = {400: BadRequest, 422: Invalid}


def router(desk: Desk, service: ChartService) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router()
    # A picture takes a core for a tenth of a second; one at a time leaves the others to the rest.
    drawing = threading.Lock()

    @routes.api_route("/chart", methods=READ)
    def start() -> Response:
        return desk.moved(PATH)

    @routes.api_route(PATH, methods=READ)
    def mat(request: Request) -> Response:
        return desk.show(request, page(service.mat(_given(request)), base_url=service.base_url))

    @routes.api_route("/embed/mat", methods=READ)
    def embed(request: Request) -> Response:
        return desk.show(request, embedded(service.mat(_given(request)), base_url=service.base_url))

    @routes.api_route(f"{PATH}.svg", methods=READ)
    def svg(request: Request) -> Response:
        found, text = _picture(desk, service, request)
        return answer(request, text.encode(), "image/svg+xml", _headers(found, "svg"))

    @routes.api_route(f"{PATH}.png", methods=READ)
    def picture(request: Request) -> Response:
        found, text = _picture(desk, service, request)
        with drawing:
            made = png(text)
        return Response(made, headers=_headers(found, "png"), media_type="image/png")

    @routes.api_route(f"{PATH}.csv", methods=READ)
    def csv(request: Request) -> Response:
        pieces = service.csv(_given(request))
        headers = {**SAFE, "Cache-Control": "no-cache", "Content-Disposition": _name("csv")}
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _given(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()


def _picture(desk: Desk, service: ChartService, request: Request) -> tuple[Mat, str]:
    found = service.mat(_given(request))
    if found.problem is not None:
        raise _PROBLEMS.get(found.problem.status, Unavailable)(str(found.problem.says))
    assert found.counted is not None
    if found.counted.picture is None:
        raise NotFound("There are no measurements to draw")
    # Only the address decides, so that everybody who has it sees the same picture.
    language = desk.pages.languages.choose(request.query_params.get("lang", ""), "", "")
    return found, standalone(found.counted.picture.chart, language)


def _headers(found: Mat, ending: str) -> dict[str, str]:
    assert found.counted is not None
    kept: dict[str, Any] = {"Cache-Control": f"public, max-age={found.counted.max_age}"}
    return {**SAFE, **kept, "Content-Disposition": _name(ending, "inline")}


def _name(ending: str, how: str = "attachment") -> str:
    return f"{how}; filename=oonib-chart.{ending}"
