"""One measurement over HTTP: `/m/<uid>`, Explorer's `/measurement/…`, and the form that says what it shows.

Handlers are sync and run in the thread pool.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response

from oonib.web.frame.routes import READ, Desk, form, member, visitor
from oonib.web.measurement.service import MeasurementPages

_Uid = Annotated[str, Path(max_length=300)]


def router(desk: Desk, service: MeasurementPages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router()

    @routes.api_route("/m/{uid}", methods=READ)
    def measurement(request: Request, uid: _Uid) -> Response:
        session = visitor(request).session
        return desk.show(request, service.page(uid, None if session is None else session.account_id))

    @routes.api_route("/measurement/{name}", methods=READ)
    def by_report(request: Request, name: _Uid) -> Response:
        # A uid has dots; older links have it in the place of the report id.
        if "." in name:
            return desk.moved(_address(name))
        return desk.moved(_address(service.uid_of(name, request.query_params.get("input", ""))))

    @routes.api_route("/m/{uid}/feedback", methods=["POST"])
    def say(request: Request, uid: _Uid) -> Response:
        session = member(request).session
        assert session is not None
        service.say(uid, form(request).get("status"), session.account_id)
        return desk.moved(f"{_address(uid)}#said")

    return routes


def _address(uid: str) -> str:
    return f"/m/{quote(uid, safe='', errors='replace')}"
