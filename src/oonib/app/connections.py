"""Closes connections whose client does not take what it asked for.

The server has deadlines for heads, the middleware for bodies; neither can see a reader that stands still,
because what waits for it lies with the system. So a thread of each worker looks at the sockets themselves.
Knows nothing of HTTP. Works on Linux; elsewhere nobody is closed and a proxy in front has to do it.
"""

import contextlib
import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

_LEAST_BYTES_A_SECOND = 512
_LOOKS_A_DEADLINE = 15
_TCP_INFO_BYTES = 136
_ACKNOWLEDGED_AT = 120
"""Where `struct tcp_info` of linux/tcp.h has `tcpi_bytes_acked`, eight bytes."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class _Reader:
    """How far a client had come at the moment from which it is judged."""

    since: float
    taken: int


class SlowReaders:
    """Looks at the connections to `port` of this process; in `stall_seconds` one that stands still is closed.

    A client for which data waits has to take 512 bytes a second on average over that time.
    """

    def __init__(self, port: int, stall_seconds: float) -> None:
        self._port = port
        self._every = stall_seconds / _LOOKS_A_DEADLINE
        # Up to one look goes by until a stall is noticed first, and one more after it has lasted long enough.
        self._patience = stall_seconds - 2 * self._every
        self._readers: dict[int, _Reader] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slow-readers", daemon=True)
        self._log = structlog.get_logger("api")

    def start(self) -> None:
        """Begin to look."""
        if sys.platform == "linux":
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            closed = self.look(time.monotonic())
            if closed:
                self._log.info("closed connections of clients that do not read", count=closed)

    def look(self, now: float) -> int:
        """Judge every connection once; how many were closed."""
        closed = 0
        seen: dict[int, _Reader] = {}
        for connection in _connections(self._port):
            with connection:
                # The number of a descriptor is given again, that of its socket's inode is not.
                inode = os.fstat(connection.fileno()).st_ino
                reader = self._judged(connection, self._readers.get(inode), now)
                if reader is None:
                    closed += 1
                else:
                    seen[inode] = reader
        self._readers = seen
        return closed

    def _judged(self, connection: socket.socket, before: _Reader | None, now: float) -> _Reader | None:
        taken = _acknowledged(connection)
        if before is None or _waiting(connection) == 0:
            return _Reader(now, taken)
        seconds = now - before.since
        if seconds < self._patience:
            return before
        if taken - before.taken >= _LEAST_BYTES_A_SECOND * seconds:
            return _Reader(now, taken)
        _reset(connection)
        return None


def _connections(port: int) -> Iterator[socket.socket]:
    """The TCP connections to `port` that this process has, each as a socket of its own to be closed."""
    for entry in Path("/proc/self/fd").iterdir():
        # It may be gone, or another file, by the time it is looked at.
        with contextlib.suppress(OSError):
            number = int(entry.name)
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            connection = socket.socket(fileno=os.dup(number))
            if _is_to(connection, port):
                yield connection
            else:
                connection.close()


def _is_to(connection: socket.socket, port: int) -> bool:
    try:
        return (
            connection.family in (socket.AF_INET, socket.AF_INET6)
            and connection.type == socket.SOCK_STREAM
            and connection.getsockname()[1] == port
            and not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        )
    except OSError:
        return False


def _acknowledged(connection: socket.socket) -> int:
    """Bytes that the client's system has taken since the connection began."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    return int(struct.unpack_from("Q", info, _ACKNOWLEDGED_AT)[0]) if len(info) == _TCP_INFO_BYTES else 0


def _waiting(connection: socket.socket) -> int:
    """Bytes that the client's system has not taken yet."""
    import fcntl  # noqa: PLC0415 - not on every system, as the rest
    import termios  # noqa: PLC0415

    return int(struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0\0\0\0"))[0])


def _reset(connection: socket.socket) -> None:
    """End it without keeping what was not taken; the server notices and lets go of the rest."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        connection.shutdown(socket.SHUT_RDWR)
