"""`POST /report/{report_id}` as plain ASGI: the one request that comes a thousand times a second.

Owns how it is read and answered; what it means is the service's, what surrounds it the app's.
"""

from collections.abc import AsyncIterator, Callable

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from oonib.collector.bodies import BodyLimits, Budget, read_body
from oonib.collector.refusing import Refused
from oonib.collector.service import CollectorService

_PREFIX = "/report/"


class Receiving:
    """The endpoint. Raises the service's errors, for the layer around it to answer."""

    def __init__(
        self,
        service: CollectorService,
        limits: BodyLimits,
        budget: Budget,
        address_of: Callable[[Scope], str],
    ) -> None:
        self._service = service
        self._limits = limits
        self._budget = budget
        self._address_of = address_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Store one measurement (probe contract 5)."""
        try:
            report_id = self._service.admit(scope["path"].removeprefix(_PREFIX))
        except Refused:
            await _let_pass(receive, self._limits.sent)
            raise
        if report_id is None:
            await _let_pass(receive, self._limits.sent)
            await _answer(send, {})
            return
        with self._budget.share() as share:
            body = await read_body(_pieces(receive), self._limits.sent, share)
            receipt = await self._service.receive(
                report_id, body, content_encoding(scope), self._address_of(scope)
            )
        await _answer(send, {"measurement_uid": receipt.uid})


class ShortCut:
    """Sends submissions straight to `receiving` and everything else to `rest`."""

    def __init__(self, receiving: ASGIApp, rest: ASGIApp, route: object) -> None:
        self._receiving = receiving
        self._rest = rest
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and _is_one_report(scope["path"]):
            scope["route"] = self._route  # names the request in the metrics
            await self._receiving(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def content_encoding(scope: Scope) -> str:
    """The value of `Content-Encoding`, several joined by commas."""
    values = [value for name, value in scope["headers"] if name == b"content-encoding"]
    return b", ".join(values).decode("latin-1")


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    """A request's body as it arrives. Raises `ClientDisconnect` when the client goes away before its end."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return


async def _let_pass(receive: Receive, limit: int) -> None:
    """Take a body that nobody looks at, up to `limit` bytes, and keep nothing of it.

    Answered before its end, the connection would be closed on a client that still writes, and many a client
    then takes the answer for a failure and sends the measurement again for ever.
    """
    size = 0
    async for piece in _pieces(receive):
        size += len(piece)
        if size > limit:
            return


def _is_one_report(path: str) -> bool:
    return path.startswith(_PREFIX) and path.find("/", len(_PREFIX)) < 0 and len(path) > len(_PREFIX)


async def _answer(send: Send, value: dict[str, str]) -> None:
    body = orjson.dumps(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-cache"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
