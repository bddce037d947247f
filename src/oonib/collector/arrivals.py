"""Brings results of the committing thread to the event loop, a whole group with one wake-up.

asyncio's own bridge wakes the loop for each result: a system call and a turn of the interpreter's lock every
time, which costs a busy server more than the rest of the bridge.
"""

import asyncio
import threading
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


class Arrivals:
    """Waits of one event loop on futures that another thread fulfils."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: list[asyncio.Future[None]] = []

    async def of(self, future: Future[_Result]) -> _Result:
        """The result of `future`, or the exception it holds. Cancelling the wait cancels the future."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        future.add_done_callback(lambda _: self._arrived(loop, waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            future.cancel()
            raise
        return future.result()

    def _arrived(self, loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
        with self._lock:
            self._done.append(waiter)
            if len(self._done) > 1:
                return  # the loop has been told and has not looked yet
        try:
            loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            # The loop is closed: the server ended while this was written, and nobody waits any more.
            with self._lock:
                self._done.clear()

    def _deliver(self) -> None:
        with self._lock:
            done, self._done = self._done, []
        for waiter in done:
            if not waiter.done():
                waiter.set_result(None)
