"""One reader of arrivals for all streams of a process, asleep while nobody listens.

A thread reads what has settled since it last looked and hands it to every listener. While ClickHouse is away
it waits and then goes on where it was. A listener who does not take what is handed out is dropped: memory for
each is bounded, and with the id of the last event it can come back.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

from oonib.measurements.stream.events import Position, event
from oonib.measurements.stream.matching import Matches
from oonib.measurements.stream.store import ArrivalStore, position_of
from oonib.warehouse.errors import WarehouseError

_MOST_WAITING = 2000
_MOST_WAITING_BYTES = 4 * 1024 * 1024
_TICK_SECONDS = 1.0
_LONGEST_PAUSE = 5.0
_PAGE = 500

Show = Callable[[dict[str, Any]], dict[str, Any]]
"""From a row of `arrivals` to what a client sees."""


class Listener:
    """What waits for one stream."""

    def __init__(self, matches: Matches, wake: Callable[[], None], after: Position) -> None:
        self._matches = matches
        self.after = after
        self.gone = False
        self.wake = wake
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self.dropped = False

    def wants(self, row: dict[str, Any]) -> bool:
        """Whether a measurement is new to it and agrees with its filters."""
        return position_of(row) > self.after and self._matches(row)

    def hand(self, text: bytes) -> None:
        """Put an event down for the stream, or drop the stream."""
        with self._lock:
            if self.dropped:
                return
            if len(self._waiting) >= _MOST_WAITING or self._bytes + len(text) > _MOST_WAITING_BYTES:
                self.dropped = True
                self._waiting.clear()
            else:
                self._waiting.append(text)
                self._bytes += len(text)
        self.wake()

    def take(self) -> list[bytes]:
        """What waits, in order."""
        with self._lock:
            taken, self._bytes = list(self._waiting), 0
            self._waiting.clear()
        return taken


class Feed:
    """The feed of one process. Safe from any thread."""

    def __init__(self, store: ArrivalStore, show: Show) -> None:
        self._store = store
        self._show = show
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._position: Position | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def close(self) -> None:
        """The end, also of all streams."""
        self._ended.set()
        with self._lock:
            for listener in self._listeners:
                listener.wake()
        thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def end(self) -> Position:
        """The end of what has settled. Raises `WarehouseError` kinds."""
        return self._store.settled()

    def listen(self, listener: Listener) -> Position:
        """Listen to what is behind the position returned, or behind where the listener is if that is further.

        Raises `WarehouseError` kinds.
        """
        settled = self._store.settled()
        with self._lock:
            if not self._listeners or self._position is None:
                self._position = settled
            position = self._position
            listener.after = max(listener.after, position)
            if listener.gone or self.ended:
                return position
            self._listeners.append(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
                self._thread.start()
        return position

    def leave(self, listener: Listener) -> None:
        """Listen no more; also where `listen` is still under way."""
        with self._lock:
            listener.gone = True
            if listener in self._listeners:
                self._listeners.remove(listener)

    def page(self, low: Position, high: Position, matches: Matches) -> tuple[list[bytes], Position]:
        """Events of a stretch that has settled, and how far they reach. Raises `WarehouseError` kinds."""
        rows = self._store.between(low, high, _PAGE)
        reached = position_of(rows[-1]) if len(rows) == _PAGE else high
        return [event(position_of(row), self._show(row)) for row in rows if matches(row)], reached

    def _run(self) -> None:
        pause = _TICK_SECONDS
        while not self._ended.wait(pause):
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
            try:
                full = self._tick()
                pause = 0.0 if full else _TICK_SECONDS
            except WarehouseError as exc:
                structlog.get_logger("feed").warning("arrivals cannot be read", error=type(exc).__name__)
                pause = min(max(pause, _TICK_SECONDS) * 2, _LONGEST_PAUSE)

    def _tick(self) -> bool:
        """Hand out the next page; whether there is more."""
        position = self._position
        assert position is not None
        rows = self._store.between(position, self._store.settled(), _PAGE)
        if not rows:
            return False
        with self._lock:
            # Whoever listens from now on begins behind these, so nobody is added in between.
            for row in rows:
                self._hand_out(row)
            self._position = max(self._position or position, position_of(rows[-1]))
        return len(rows) == _PAGE

    def _hand_out(self, row: dict[str, Any]) -> None:
        wanted_by = [listener for listener in self._listeners if listener.wants(row)]
        if wanted_by:
            text = event(position_of(row), self._show(row))
            for listener in wanted_by:
                listener.hand(text)
