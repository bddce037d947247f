"""How pages meet HTTP: routes that know their visitor and language, answers as HTML or JSON, forms, problems.

Handlers are sync and run in the thread pool. A page is never kept by others for somebody who is logged in.
"""

import gzip
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from oonib.errors import Forbidden, Invalid, TooLarge, Unauthorized
from oonib.web.frame.forms import MOST_BYTES, Form, read_form
from oonib.web.frame.languages import Language, Languages
from oonib.web.frame.said import Said, said
from oonib.web.frame.view import View
from oonib.web.frame.visiting import COOKIE, Door, Visitor
from oonib.web.pages import Pages

READ = ["GET", "HEAD"]
"""The methods of a page."""

_LANGUAGE_COOKIE = "oonib_lang"
_A_YEAR = 365 * 86400
_LEAST_COMPRESSED = 1024
# Nothing from elsewhere, nothing inline: text that a measurement smuggles in could not run.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    # Not none at all: browsers would send forms without their origin then.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": _POLICY.format(ancestors="'none'"),
}
"""The headers of everything that a page is made of."""

_WORDS: dict[int, Said] = {
    400: said("This cannot be understood"),
    401: said("Log in first"),
    403: said("This is not allowed"),
    404: said("There is nothing here"),
    409: said("Somebody else was faster"),
    410: said("This was removed"),
    413: said("This is too large"),
    422: said("Something is not right with this"),
    429: said("Too much at once"),
    500: said("Something broke"),
    503: said("This cannot be shown just now"),
    504: said("This takes too long"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a template knows of the request. `query`: its parameters, without language and form."""

    language: Language
    languages: Languages
    visitor: Visitor
    mark: str
    path: str
    query: list[tuple[str, str]]
    section: str

    def with_(self, **changes: object) -> str:
        """The address of this page with some parameters changed; None and empty ones are left out."""
        kept = [(name, value) for name, value in self.query if name not in changes]
        new = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
        query = urlencode([*kept, *new], errors="replace")
        return f"{self.path}?{query}" if query else self.path


class Desk:
    """Answers requests for pages. `secure`: whether cookies may travel over TLS only."""

    def __init__(self, pages: Pages, door: Door, *, secure: bool) -> None:
        self.pages = pages
        self.door = door
        self._secure = secure

    def router(self, **options: Any) -> APIRouter:
        """A router for pages. `visitor(request)` and `form(request)` tell what came.

        The API document does not list pages.
        """
        desk = self

        class PageRoute(APIRoute):
            """A page."""

            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                """The handler, once it is known who asks and that a form is ours."""
                handle = super().get_route_handler()

                async def enter(request: Request) -> Response:
                    request.state.page = True
                    request.state.visitor = await desk.visitor_of(request)
                    if request.method == "POST":
                        request.state.form = await _read(request)
                        desk.check(request)
                    return await desk.prolong(request, await handle(request))

                return enter

        return APIRouter(route_class=PageRoute, include_in_schema=False, **options)

    async def visitor_of(self, request: Request) -> Visitor:
        """Who asks."""
        token = request.cookies.get(COOKIE, "")
        return await run_in_threadpool(self.door.visitor, token) if token else Visitor()

    async def prolong(self, request: Request, response: Response) -> Response:
        """The answer, with a session that is in its second half made longer."""
        if request.method != "GET" or visitor(request).session is None:
            return response
        longer = await run_in_threadpool(self.door.prolonged, visitor(request))
        if longer is None:
            return response
        return self.keep(response, longer.token, longer.until)

    def check(self, request: Request) -> None:
        """Raise `Forbidden` for a form that was not sent from a page of ours to this visitor."""
        came_from = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        # From a page that hides its address comes a form of no origin: then the browser has to vouch for it.
        hidden = origin == "null" and request.headers.get("sec-fetch-site") == "same-origin"
        host = request.headers.get("host", "")
        foreign = origin is not None and not hidden and _host(origin) != host
        asker = visitor(request)
        unmarked = asker.session is not None and not self.door.accepts(asker, form(request).get("mark"))
        if came_from not in ("same-origin", "none") or foreign or unmarked:
            raise Forbidden("This form did not come from a page of ours, or is too old. Load the page again.")

    def show(self, request: Request, view: View) -> Response:
        """A page as HTML, or as JSON where `format=json` asks for that."""
        form = request.query_params.get("format", "html")
        if form not in ("html", "json"):
            raise Invalid("format is html or json")
        if form == "json":
            options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
            body = orjson.dumps(view.data, default=_plain, option=options)
            return self._answer(request, view, body, "application/json")
        seen = self._seen(request, view.section)
        text = self.pages.render(view.template, seen.language, here=seen, **{**view.data, **view.extra})
        response = self._answer(request, view, text.encode("utf-8", "replace"), "text/html; charset=utf-8")
        if request.query_params.get("lang") == seen.language.code:
            response.set_cookie(_LANGUAGE_COOKIE, seen.language.code, _A_YEAR, samesite="lax")
        return response

    def moved(self, address: str) -> Response:
        """After a form: on to a page of this host."""
        return Response(status_code=303, headers={**SAFE, "Location": address, "Cache-Control": "no-store"})

    def keep(self, response: Response, token: str, until: datetime) -> Response:
        """Log in: the browser shows this session from now on, until it is over."""
        seconds = int((until - datetime.now(UTC)).total_seconds())
        return self._cookie(response, token, max(0, seconds))

    def forget(self, response: Response) -> Response:
        """Log out: the browser shows no session any more."""
        return self._cookie(response, "", 0)

    def _cookie(self, response: Response, token: str, seconds: int) -> Response:
        response.set_cookie(COOKIE, token, seconds, httponly=True, samesite="lax", secure=self._secure)
        return response

    def problem(self, request: Request, status: int, message: str) -> Response:
        """An error as a page."""
        asker = getattr(request.state, "visitor", None) or Visitor()
        request.state.visitor = asker
        word = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
        data = {"error": message, "detail": message, "status": status}
        return self.show(request, View("error.html", data, {"word": word}, status=status))

    def _seen(self, request: Request, section: str) -> Seen:
        asked = request.query_params
        language = self.pages.languages.choose(
            asked.get("lang", ""),
            request.cookies.get(_LANGUAGE_COOKIE, ""),
            request.headers.get("accept-language", ""),
        )
        query = [(name, value) for name, value in asked.multi_items() if name not in ("lang", "format")]
        asker = visitor(request)
        mark = self.door.mark(asker) if asker.session is not None else ""
        # Never more than one slash at the beginning: after two of them a browser reads the name of a host.
        path = "/" + quote(request.scope["path"].lstrip("/"), safe="/:@", errors="replace")
        return Seen(language, self.pages.languages, asker, mark, path, query, section)

    def _answer(self, request: Request, view: View, body: bytes, media_type: str) -> Response:
        private = visitor(request).session is not None
        cache = f"public, max-age={view.max_age}" if view.max_age and not private else "no-cache"
        headers = {**SAFE, "Cache-Control": "private, no-cache" if private else cache}
        headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        if view.embeddable:
            headers["Content-Security-Policy"] = _POLICY.format(ancestors="*")
        return answer(request, body, media_type, headers, view.status)


def answer(
    request: Request, body: bytes, media_type: str, headers: dict[str, str], status: int = 200
) -> Response:
    """A body with its validator, compressed where the client can read that."""
    etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    headers = {**headers, "ETag": etag}
    if status == 200 and etag in tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if len(body) >= _LEAST_COMPRESSED and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers.setdefault("Vary", "Accept-Encoding")
    return Response(body, status, headers, media_type)


def tags(header: str) -> set[str]:
    """The entity tags of an `If-None-Match`, weak ones as if they were strong."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def visitor(request: Request) -> Visitor:
    """Who asks for a page."""
    found = request.state.visitor
    assert isinstance(found, Visitor)
    return found


def member(request: Request, *, admin: bool = False) -> Visitor:
    """Who asks, where they are logged in (and an admin). Raises `Unauthorized`, `Forbidden`."""
    found = visitor(request)
    if found.session is None:
        raise Unauthorized("Log in to do this")
    if admin and not found.is_admin:
        raise Forbidden("Only admins may do this")
    return found


def form(request: Request) -> Form:
    """What was sent to a page."""
    found = request.state.form
    assert isinstance(found, Form)
    return found


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    """A sentence in English, a dataclass as its fields."""
    if is_dataclass(value) and not isinstance(value, type | Said):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return str(value)


async def _read(request: Request) -> Form:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise TooLarge("The form is larger than 1 MiB")
    return read_form(request.headers.get("content-type", ""), bytes(body))
