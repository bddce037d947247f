"""The pages of places over HTTP. Handlers are sync and run in the thread pool."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from oonib.web.frame.routes import READ, Desk
from oonib.web.places.asked import address
from oonib.web.places.service import PlacePages

_Days = Annotated[str, Query(max_length=10)]
_Text = Annotated[str, Query(max_length=300)]
_Place = Annotated[str, Path(max_length=1000)]
_Page = Annotated[int, Query(ge=1, le=1000)]


def router(desk: Desk, service: PlacePages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router()

    @routes.api_route("/countries", methods=READ)
    def countries(request: Request, days: _Days = "", sort: _Text = "") -> Response:
        return desk.show(request, service.countries(days, sort))

    @routes.api_route("/country/{code}", methods=READ)
    def country(request: Request, code: _Place, days: _Days = "") -> Response:
        if code != code.upper() and len(code) == 2 and code.isascii():
            return _elsewhere(desk, request, address("country", code.upper()))
        return desk.show(request, service.country(code, days))

    @routes.api_route("/networks", methods=READ)
    def networks(
        request: Request, days: _Days = "", q: _Text = "", probe_cc: _Text = "", page: _Page = 1
    ) -> Response:
        return desk.show(request, service.networks(days, {"q": q, "probe_cc": probe_cc}, page))

    @routes.api_route("/as/{asn}", methods=READ)
    def network(request: Request, asn: _Place, days: _Days = "") -> Response:
        if asn.upper().startswith("AS") and asn[2:].isdecimal():
            return _elsewhere(desk, request, address("as", asn[2:]))
        return desk.show(request, service.network(asn, days))

    @routes.api_route("/domains", methods=READ)
    def domains(
        request: Request, days: _Days = "", q: _Text = "", category_code: _Text = "", page: _Page = 1
    ) -> Response:
        return desk.show(request, service.domains(days, {"q": q, "category_code": category_code}, page))

    @routes.api_route("/domain/{name:path}", methods=READ)
    def domain(request: Request, name: _Place, days: _Days = "") -> Response:
        found = service.domain(name, days)
        return _elsewhere(desk, request, found) if isinstance(found, str) else desk.show(request, found)

    return routes


def _elsewhere(desk: Desk, request: Request, path: str) -> Response:
    """The same question at the address that is right."""
    query = request.scope["query_string"].decode("ascii", "replace")
    return desk.moved(f"{path}?{query}" if query else path)
