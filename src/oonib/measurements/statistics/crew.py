"""Threads that work off what they are given. The end of the process does not wait for them."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from oonib.errors import Unavailable

_Result = TypeVar("_Result")


class Crew:
    """`size` threads, started with the first piece of work."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = False
        self._closed = False

    def submit(self, make: Callable[[], _Result]) -> "Future[_Result]":
        """What `make` returns or raises, later. It is `Unavailable` when the crew is closed before."""
        made: Future[_Result] = Future()

        def run() -> None:
            try:
                if self._closed:
                    raise Unavailable("The server is ending", retry_after=5)
                result = make()
            except BaseException as exc:  # noqa: BLE001 - it is raised where somebody waits for the result
                made.set_exception(exc)
            else:
                made.set_result(result)

        self._start()
        self._work.put(run)
        return made

    def close(self) -> None:
        """Begin nothing more. What is being made is left alone: a query may take minutes."""
        self._closed = True
        for _ in range(self._size):
            self._work.put(None)

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        for number in range(self._size):
            # Daemons, as the interpreter would wait for other ones at its end.
            threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True).start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
