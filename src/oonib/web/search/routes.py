"""The search over HTTP: `/search`. The handler is sync and runs in the thread pool."""

from fastapi import APIRouter, Request, Response

from oonib.web.frame.routes import READ, Desk
from oonib.web.search.service import PATH, SearchService


def router(desk: Desk, service: SearchService) -> APIRouter:
    """The route over `service`."""
    routes = desk.router()

    @routes.api_route(PATH, methods=READ)
    def search(request: Request) -> Response:
        return desk.show(request, service.page(request.query_params.multi_items()))

    return routes
