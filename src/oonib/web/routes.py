"""The pages that belong to no family, over HTTP: `/`, `/docs`, `/static/…`."""

from fastapi import APIRouter, Request, Response

from oonib.errors import NotFound
from oonib.web.frame.routes import READ, SAFE, Desk, answer
from oonib.web.reference import Document
from oonib.web.service import WebService

_FOR_EVER = "public, max-age=31536000, immutable"


def router(desk: Desk, service: WebService) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router()

    @routes.api_route("/", methods=READ)
    def home(request: Request) -> Response:
        return desk.show(request, service.home(request.query_params.get("show", "")))

    def write(document: Document) -> str:
        # In English, as the API documents itself.
        english = desk.pages.languages.choose("en", "", "")
        return desk.pages.render("docs_body.html", english, document=document)

    @routes.api_route("/docs", methods=READ)
    def docs(request: Request) -> Response:
        return desk.show(request, service.reference(write))

    static = APIRouter(include_in_schema=False)

    @static.api_route("/static/{name:path}", methods=READ)
    def file(request: Request, name: str) -> Response:
        asset = service.asset(name)
        if asset is None:
            raise NotFound("Not found")
        kept = request.query_params.get("v") == asset.version
        headers = {**SAFE, "Cache-Control": _FOR_EVER if kept else "no-cache"}
        return answer(request, asset.body, asset.media_type, headers)

    routes.routes.extend(static.routes)
    return routes
