"""A stream from its beginning to its end: what was missed, then what comes. Limits how many there are."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from oonib.errors import TooMany, Unavailable
from oonib.measurements.asking import reading
from oonib.measurements.schema import SearchParameters
from oonib.measurements.stream.events import BEGIN, GAP, HEARTBEAT, Position, mark
from oonib.measurements.stream.feed import Feed, Listener
from oonib.measurements.stream.matching import Matches, UrlsOf, matching
from oonib.measurements.stream.store import oldest
from oonib.warehouse.errors import WarehouseError

_HEARTBEAT_SECONDS = 15.0
_MOST_STREAMS = 200
_MOST_A_NETWORK = 10
_RETRY_AFTER = 30


class Streams:
    """The streams of one process."""

    def __init__(
        self,
        feed: Feed,
        urls_of: UrlsOf,
        *,
        most: int = _MOST_STREAMS,
        most_a_network: int = _MOST_A_NETWORK,
        heartbeat: float = _HEARTBEAT_SECONDS,
    ) -> None:
        self._feed = feed
        self._urls_of = urls_of
        self._most = most
        self._most_a_network = most_a_network
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._open: Counter[bytes] = Counter()

    def open(self, asked: SearchParameters, last_id: str | None, network: bytes) -> "Stream":
        """A stream for a network, to be closed by its caller.

        Raises what a search raises, `BadRequest` for an id that is none, `TooMany` and `Unavailable`.
        """
        begin = Position.parse(last_id) if last_id else None
        with reading():
            matches = matching(asked, datetime.now(UTC), self._urls_of)
            end = self._feed.end()
        with self._lock:
            if self._open.total() >= self._most:
                raise Unavailable("as many streams as this process can serve", retry_after=_RETRY_AFTER)
            if self._open[network] >= self._most_a_network:
                raise TooMany("as many streams as a network may have", retry_after=_RETRY_AFTER)
            self._open[network] += 1
        return Stream(
            self._feed,
            matches,
            begin=begin or end,
            end=end,
            heartbeat=self._heartbeat,
            closed=lambda: self._closed(network),
        )

    def _closed(self, network: bytes) -> None:
        with self._lock:
            self._open[network] -= 1
            self._open += Counter()  # drops the networks that have none


class Stream:
    """One stream. `close` it once, whatever happened."""

    def __init__(
        self,
        feed: Feed,
        matches: Matches,
        *,
        begin: Position,
        end: Position,
        heartbeat: float,
        closed: Callable[[], None],
    ) -> None:
        self._feed = feed
        self._matches = matches
        self._begin = begin
        self._end = end
        self._heartbeat = heartbeat
        self.close = closed

    async def events(self) -> AsyncIterator[bytes]:
        """The text of the stream, piece by piece, without end unless the stream is dropped."""
        yield BEGIN
        kept = oldest(self._end)
        if self._begin < kept:
            yield GAP
        begin = max(self._begin, kept)
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(ready.set)

        try:
            async for piece in self._missed(begin, self._end):
                yield piece
            begin = max(begin, self._end)
            listener = Listener(self._matches, wake, begin)
            try:
                # A client may leave at this moment, which does not stop the thread: hence the `finally`.
                joined = await asyncio.to_thread(self._feed.listen, listener)
                async for piece in self._missed(begin, joined):
                    yield piece
                async for piece in self._live(listener, ready):
                    yield piece
            finally:
                self._feed.leave(listener)
        except WarehouseError:
            # The client comes back with the id of its last event.
            return

    async def _live(self, listener: Listener, ready: asyncio.Event) -> AsyncIterator[bytes]:
        while not (listener.dropped or self._feed.ended):
            try:
                async with asyncio.timeout(self._heartbeat):
                    await ready.wait()
            except TimeoutError:
                yield HEARTBEAT
                continue
            ready.clear()
            for text in listener.take():
                yield text

    async def _missed(self, low: Position, high: Position) -> AsyncIterator[bytes]:
        while low < high:
            texts, low = await asyncio.to_thread(self._feed.page, low, high, self._matches)
            yield b"".join(texts) + mark(low)
