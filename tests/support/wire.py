"""Requests as bytes on a socket, for what no HTTP client would send."""

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Ending = Literal["closed", "reset", "open"]


@dataclass(frozen=True)
class Heard:
    """What came back, how the connection ended, and after how many seconds."""

    raw: bytes
    ending: Ending
    seconds: float

    @property
    def statuses(self) -> list[int]:
        """The status of each final answer."""
        found = [int(text) for text in re.findall(rb"HTTP/1\.1 (\d{3})[^\r\n]*\r\n", self.raw)]
        return [status for status in found if status >= 200]

    @property
    def heads(self) -> bytes:
        """All that is no body, of a single answer."""
        return self.raw.partition(b"\r\n\r\n")[0]


def connect(port: int, seconds: float = 15.0, receive_buffer: int | None = None) -> socket.socket:
    """A connection; a small receive buffer makes the server feel at once that nobody reads."""
    connection = socket.socket()
    connection.settimeout(seconds)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect(("127.0.0.1", port))
    return connection


def talk(port: int, *pieces: bytes, pause: float = 0.0, seconds: float = 15.0, half: bool = False) -> Heard:
    """Send the pieces, then read until the server closes or is silent for `seconds`."""
    with connect(port, seconds) as connection:
        return converse(connection, pieces, pause=pause, half=half)


def converse(
    connection: socket.socket, pieces: Iterable[bytes], *, pause: float = 0.0, half: bool = False
) -> Heard:
    """The same on an open connection; with `half` the sending side is closed after the last piece."""
    started = time.monotonic()
    heard = b""
    ending: Ending = "closed"
    try:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            if half:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            # Refused in the middle: what was answered before may still be read.
            ending = "reset"
        while chunk := connection.recv(65536):
            heard += chunk
    except TimeoutError:
        ending = "open"
    except ConnectionError:
        ending = "reset"
    return Heard(heard, ending, time.monotonic() - started)
