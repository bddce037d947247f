"""The status page over HTTP: `/status`."""

from fastapi import APIRouter, Request, Response

from oonib.web.frame.routes import READ, Desk
from oonib.web.status.service import StatusService


def router(desk: Desk, service: StatusService) -> APIRouter:
    """The route over `service`."""
    routes = desk.router()

    @routes.api_route("/status", methods=READ)
    def status(request: Request) -> Response:
        return desk.show(request, service.page())

    return routes
