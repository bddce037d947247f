"""Which pages of other origins may read an answer (data contract 6.2; Fetch standard, CORS protocol).

What anybody may read, every page may read: answers to GET and HEAD carry `*`, also those without an `Origin`
and those of errors, or a cache would hand a page an answer that it must not read. Pages of the configured
origins may send credentials and every method. Answers differ by origin, so they say so to caches.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oonib.app.metering import EXPOSED

_READING = ("GET", "HEAD")
_EXPOSED = ("X-Request-ID", "Link", *EXPOSED)


class Origins:
    """A layer around the application. `trusted`: a regular expression that an origin matches as a whole."""

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        self._app = app
        self._is_trusted = re.compile(trusted)
        self._trusted = CORSMiddleware(
            app,
            allow_origin_regex=trusted,
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )
        self._public = CORSMiddleware(app, allow_origins=["*"], allow_methods=_READING, allow_headers=["*"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        origin = given.get(b"origin", b"").decode("latin-1")
        if origin and self._is_trusted.fullmatch(origin):
            await self._trusted(scope, receive, send)
        elif scope["method"] == "OPTIONS" and origin and b"access-control-request-method" in given:
            await self._public(scope, receive, send)
        else:
            await self._app(scope, receive, _open(send) if scope["method"] in _READING else send)


def _open(send: Send) -> Send:
    async def send_open(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = ", ".join(_EXPOSED)
            headers.add_vary_header("Origin")
        await send(message)

    return send_open
