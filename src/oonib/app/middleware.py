"""What surrounds every request: an id for the logs, a deadline for its body, a count for the metrics.

Written as plain ASGI, so that a request's body is never buffered here.
"""

import asyncio
import secrets
import time

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oonib.app.outgoing import Outgoing
from oonib.errors import TooSlow
from oonib.metrics import Metrics

_LEAST_BYTES_A_SECOND = 512
"""A body slower than this on average is given up; phones on poor networks send several times that."""

_USUAL_BYTES = 1024 * 1024
_LEAST_BEYOND = 16 * 1024
"""What goes beyond the usual size must come faster, because it takes room from others all the while."""


class Surroundings:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, stall_seconds: float) -> None:
        self._app = app
        self._metrics = metrics
        self._stall_seconds = stall_seconds
        self._outgoing = Outgoing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(
                scope, _Deadline(receive, self._stall_seconds), self._outgoing.answer(send_noting)
            )
        except ClientDisconnect:
            # The client went away while it was sending: there is nobody to answer and nothing was stored.
            status = 499
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, never the path: a label for each uid would grow without bound.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = (
            scope["method"]
            if scope["method"] in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
            else "other"
        )
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)


def seconds_for(size: int) -> float:
    """Longest that `size` bytes of a body may have taken."""
    usual = min(size, _USUAL_BYTES)
    return usual / _LEAST_BYTES_A_SECOND + (size - usual) / _LEAST_BEYOND


class _Deadline:
    """`receive` that gives up on a body without progress, or with too little of it."""

    def __init__(self, receive: Receive, stall_seconds: float) -> None:
        self._receive = receive
        self._stall_seconds = stall_seconds
        self._started = time.monotonic()
        self._seen = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            # Waiting for the client to leave is not waiting for its body.
            return await self._receive()
        allowed = self._stall_seconds + seconds_for(self._seen)
        left = min(self._stall_seconds, self._started + allowed - time.monotonic())
        try:
            async with asyncio.timeout(max(left, 0.001)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow("the body makes no progress") from None
        self._seen += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message
