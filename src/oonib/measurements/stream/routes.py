"""The HTTP side of the feed: `GET /api/v1/stream` as server-sent events."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from oonib.measurements.schema import SearchParameters
from oonib.measurements.stream.service import Stream, Streams

STREAM_PATH = "/api/v1/stream"
_STALL_SECONDS = 30.0
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `measurement`, each with an `id` and a measurement as a search lists it.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class EventStream(Response):
    """A stream that ends with its client, or when the client takes nothing for too long."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        # Its length is not known.
        del self.headers["content-length"]
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events as they come."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_leaves(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            self._stream.close()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for piece in self._stream.events():
                async with asyncio.timeout(_STALL_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def router(streams: Streams, network_of: Callable[[Request], bytes]) -> APIRouter:
    """The route over `streams`. `network_of`: what tells the networks of clients apart."""
    routes = APIRouter(tags=["measurements"])

    @routes.get(STREAM_PATH, responses=_EVENTS, response_class=Response)
    def stream(
        request: Request,
        asked: Annotated[SearchParameters, Query()],
        last_event_id: Annotated[
            str | None, Header(description="The id of the last event that was seen.", max_length=300)
        ] = None,
    ) -> Response:
        """Measurements as they come in, in order of arrival, each once, a few seconds after it was scored.

        Filters are those of a search; order, offset, limit and format do not count.
        With `Last-Event-ID` the stream begins behind that event, up to 24 hours back; an event `gap` says
        that it was longer ago.
        """
        return EventStream(streams.open(asked, last_event_id, network_of(request)))

    return routes
