"""Large answers: sent in pieces as the client takes them, and so many bytes of them held at a time.

A server takes a whole body at once and keeps it until the client has read it. With answers of megabytes and
clients that read slowly that is memory without bound.
"""

from dataclasses import dataclass, field

import orjson
from starlette.types import Message, Send

LARGE = 1024 * 1024
_PIECE = 256 * 1024
_TOGETHER = 256 * 1024 * 1024
_RETRY_SECONDS = 5
_REFUSAL = orjson.dumps(dict.fromkeys(("error", "detail"), "too many large answers at this moment"))


@dataclass(slots=True)
class Outgoing:
    """Bytes of large answers that this process holds. Used from the event loop only."""

    limit: int = _TOGETHER
    held: int = field(default=0)

    def answer(self, send: Send) -> "Answer":
        """What one request's application sends through."""
        return Answer(self, send)


class Answer:
    """`send` of one request."""

    def __init__(self, outgoing: Outgoing, send: Send) -> None:
        self._outgoing = outgoing
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send one message; a large body in pieces, or a 503 instead of it."""
        if message["type"] == "http.response.start" and _announced(message) > LARGE:
            # Sent with the body: until then it can still become another answer.
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
            return
        body = message.get("body", b"")
        if self._outgoing.held + len(body) > self._outgoing.limit:
            await self._refuse()
        else:
            await self._in_pieces(start, message, body)

    async def _refuse(self) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(_REFUSAL)),
            (b"retry-after", b"%d" % _RETRY_SECONDS),
            (b"cache-control", b"no-cache"),
        ]
        await self._send({"type": "http.response.start", "status": 503, "headers": headers})
        await self._send({"type": "http.response.body", "body": _REFUSAL})

    async def _in_pieces(self, start: Message, message: Message, body: bytes) -> None:
        self._outgoing.held += len(body)
        try:
            await self._send(start)
            # A body of no bytes, as the answer to HEAD has, is one piece.
            for at in range(0, max(len(body), 1), _PIECE):
                more = at + _PIECE < len(body) or message.get("more_body", False)
                piece = {"type": "http.response.body", "body": body[at : at + _PIECE], "more_body": more}
                await self._send(piece)
        finally:
            self._outgoing.held -= len(body)


def _announced(start: Message) -> int:
    """The length that an answer has by its head, 0 where it has none."""
    for name, value in start.get("headers", ()):
        if name == b"content-length":
            return int(value)
    return 0
