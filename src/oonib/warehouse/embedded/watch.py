"""Notices clients that go away while their statement runs.

The thread that runs a statement is inside the engine and cannot look at its
socket, so one watcher looks at all of them.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_INTERVAL = 0.2


class Watcher:
    """Calls `gone` once for each watched socket whose other end has closed."""

    def __init__(self) -> None:
        self._watched: dict[socket.socket, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    @contextmanager
    def watching(self, sock: socket.socket, gone: Callable[[], None]) -> Iterator[None]:
        """Watch a socket that nobody reads from meanwhile."""
        with self._lock:
            self._watched[sock] = gone
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(sock, None)

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        # Polling, not an event: registering each statement with a selector would cost every
        # short lookup a thread switch, and a fifth of a second is soon enough to kill a query.
        while not self._stopped.wait(_INTERVAL):
            with self._lock:
                left = [sock for sock in self._watched if _closed(sock)]
                calls = [self._watched.pop(sock) for sock in left]
            for call in calls:
                call()


def _closed(sock: socket.socket) -> bool:
    with contextlib.suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if not poll.poll(0):
            return False
        return sock.recv(1, socket.MSG_PEEK) == b""
    return True
