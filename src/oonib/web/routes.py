"""The pages over HTTP: `/`, `/docs`, `/static/…`. Handlers are sync and run in the thread pool."""

from fastapi import APIRouter, Request, Response

from oonib.errors import NotFound
from oonib.web.service import Page, WebService

# Nothing from elsewhere, nothing inline: text that a measurement smuggles in could not run.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_READ = ["GET", "HEAD"]
_FOR_EVER = "public, max-age=31536000, immutable"


def router(service: WebService) -> APIRouter:
    """The routes over `service`. Pages are for people, so the API document does not list them."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=_READ)
    def home(request: Request) -> Response:
        return page_answer(request, service.home(request.query_params.get("show", "")))

    @routes.api_route("/docs", methods=_READ)
    def docs(request: Request) -> Response:
        return page_answer(request, service.reference())

    @routes.api_route("/static/{name}", methods=_READ)
    def static(request: Request, name: str) -> Response:
        asset = service.asset(name)
        if asset is None:
            raise NotFound("Not found")
        kept = request.query_params.get("v") == asset.version
        cache = _FOR_EVER if kept else "no-cache"
        return _answer(request, asset.body, asset.media_type, asset.etag, cache)

    return routes


def page_answer(request: Request, page: Page) -> Response:
    """A page as it is served: with the policy that keeps strangers' text from running, and a validator."""
    return _answer(request, page.body, "text/html; charset=utf-8", page.etag, "no-cache")


def _answer(request: Request, body: bytes, media_type: str, etag: str, cache: str) -> Response:
    headers = {**_SAFE, "ETag": etag, "Cache-Control": cache}
    if etag in tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def tags(header: str) -> set[str]:
    """The entity tags of an `If-None-Match`, weak ones as if they were strong."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
