"""The one endpoint, as plain ASGI: what a request means, and the body read within its limits.

| request | answer |
|---|---|
| any method but POST, any path | 200, empty: a health check |
| POST, path not starting with `/2` | 500 and a line of HTML, as senders know it |
| POST `/2…` that is not a uid | 400 |
| POST of a uid | 200, empty, once the body is durable; else 408, 413, 503 or 507 |
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from oonib.collector.bodies import BodyLimits, Budget, read_body
from oonib.fastpath.feeder.service import FeederService

_ENVELOPE = 64 * 1024
"""What an API host may have put around a body of the largest size that it accepts."""

_NOT_A_POST_OF_OURS = (
    "<html><head><title>Internal Server Error</title></head>"
    "<body><h1>Internal Server Error</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class _Named:
    """Names the request in the metrics, where a path of its own would grow without bound."""

    path: str


_ROUTE = _Named("feeder /{measurement_uid}")


class Feeder:
    """The ASGI application."""

    def __init__(self, service: FeederService, limits: BodyLimits) -> None:
        self._service = service
        self._limits = limits
        self._budget = Budget(limits.together)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `OonibError`, which the layer around it answers."""
        if scope["type"] != "http":
            return
        scope["route"] = _ROUTE
        request = Request(scope, receive)
        # Of the path nothing but a whole uid is ever used, so whatever else is in it leads nowhere.
        path = str(scope["path"])
        if request.method != "POST":
            answer = Response()
        elif not path.startswith("/2"):
            answer = HTMLResponse(_NOT_A_POST_OF_OURS, 500)
        else:
            answer = await self._take(path.removeprefix("/"), request)
        await answer(scope, receive, send)

    async def _take(self, name: str, request: Request) -> Response:
        uid = self._service.admit(name)
        await self._service.welcome()
        encoding = ", ".join(request.headers.getlist("content-encoding"))
        with self._budget.share() as share:
            # An API host sends decompressed what it may have got compressed.
            limit = self._limits.sent if encoding else self._limits.decoded + _ENVELOPE
            body = await read_body(request.stream(), limit, share)
            await self._service.store(uid, body, encoding)
        return Response()
