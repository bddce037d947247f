"""HEAD for the API, whose routes know GET alone: the same head, and nothing after it.

Pages and downloads answer HEAD themselves. An answer that comes as a stream is stopped after its head.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PATHS = ("/api/", "/health", "/version", "/robots.txt")
_NEVER = ("/api/v1/user_login", "/api/v1/stream")
"""A look at a login link must not use it up; the live feed has nothing to say before it begins."""


class Heads:
    """A layer around the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = scope["type"] == "http" and scope["method"] == "HEAD"
        if not asked or not scope["path"].startswith(_PATHS) or scope["path"] in _NEVER:
            await self._app(scope, receive, send)
            return
        # The same mapping all along: who counts requests finds the route in it.
        scope["method"] = "GET"
        try:
            await _head(self._app, scope, receive, send)
        finally:
            scope["method"] = "HEAD"


async def _head(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    streaming = asyncio.Event()
    end: Message = {"type": "http.response.body", "body": b"", "more_body": False}

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
        elif message.get("more_body", False):
            streaming.set()
            await asyncio.Event().wait()
        else:
            await send(end)

    answering = asyncio.ensure_future(app(scope, receive, send_head))
    watching = asyncio.ensure_future(streaming.wait())
    try:
        await asyncio.wait((answering, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        answering.cancel()
    if streaming.is_set():
        await asyncio.wait((answering,))
        await send(end)
    if not answering.cancelled():
        # What went wrong is raised here, also while a stream was stopped.
        await answering
