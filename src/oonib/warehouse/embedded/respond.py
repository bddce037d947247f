"""Answers on the wire: heads, chunked bodies, progress headers, errors before and in the middle of a body."""

import json
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from oonib.warehouse.embedded.codecs import Encoder
from oonib.warehouse.embedded.engine import Stats
from oonib.warehouse.embedded.errors import ClientGoneError
from oonib.warehouse.embedded.wire import Wire


def summary(stats: Stats) -> str:
    """X-ClickHouse-Summary and X-ClickHouse-Progress: every number is a string, as servers send it."""
    numbers = {
        "read_rows": stats.read_rows,
        "read_bytes": stats.read_bytes,
        "written_rows": stats.written_rows,
        "written_bytes": stats.written_bytes,
        "total_rows_to_read": stats.read_rows,
        "result_rows": stats.result_rows,
        "result_bytes": stats.result_bytes,
        "elapsed_ns": stats.elapsed_ns,
    }
    return json.dumps({name: str(value) for name, value in numbers.items()}, separators=(",", ":"))


class Responder:
    """Writes one response. Progress may come from the engine's thread, hence the lock."""

    def __init__(self, wire: Wire, *, keep_alive: bool, common: Mapping[str, str]) -> None:
        self._wire = wire
        self._common = dict(common)
        self._lock = threading.Lock()
        self._status_sent = False
        self._progress_at = time.monotonic()
        self._encoder: Encoder | None = None
        self.keep_alive = keep_alive
        self.begun = False
        self.tag = secrets.token_hex(8)

    @property
    def sock(self) -> socket.socket:
        """The client's socket, for whoever watches it."""
        return self._wire.sock

    def progress(self, values: Mapping[str, int], interval: float) -> None:
        """Send a progress header when the interval is over and the head is still open."""
        with self._lock:
            now = time.monotonic()
            if self.begun or now - self._progress_at < interval:
                return
            self._progress_at = now
            text = json.dumps({name: str(value) for name, value in values.items()}, separators=(",", ":"))
            line = f"X-ClickHouse-Progress: {text}\r\n".encode()
            start = b"" if self._status_sent else _status_line(200)
            self._status_sent = True
            try:
                self._wire.send(start + line)
            except ClientGoneError:
                # The watcher sees a client that went away; the engine's thread must not.
                self.keep_alive = False

    def whole(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """A complete answer of known length."""
        self._send_head(status, {**headers, "Content-Length": str(len(body))}, body)

    def begin(self, headers: Mapping[str, str], encoding: tuple[str, Encoder] | None) -> None:
        """Open a chunked answer."""
        extra = {"Transfer-Encoding": "chunked", "X-ClickHouse-Exception-Tag": self.tag}
        if encoding is not None:
            extra["Content-Encoding"], self._encoder = encoding
        self._send_head(200, {**headers, **extra}, b"")

    def write(self, data: bytes) -> None:
        """A piece of a chunked answer; waits while the client reads."""
        self._chunk(self._encoder.encode(data) if self._encoder else data)

    def finish(self) -> None:
        """Close a chunked answer."""
        self._chunk(self._encoder.finish() if self._encoder else b"")
        self._wire.send(b"0\r\n\r\n")

    def fail(self, message: str) -> None:
        """End a chunked answer with the error inside it and no last chunk, as servers do."""
        text = message.encode() + b"\n"
        marker = b"\r\n__exception__\r\n"
        body = marker + self.tag.encode() + b"\r\n" + text + b"%d " % len(text) + self.tag.encode() + marker
        self.write(body)
        self._chunk(self._encoder.finish() if self._encoder else b"")
        self.keep_alive = False

    def _chunk(self, data: bytes) -> None:
        if data:
            self._wire.send(b"%x\r\n%b\r\n" % (len(data), data))

    def _send_head(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        with self._lock:
            self.begun = True
            start = b"" if self._status_sent else _status_line(status)
            if self._status_sent and status != 200:
                self.keep_alive = False
            lines = {
                **self._common,
                **headers,
                "Date": formatdate(usegmt=True),
                "Connection": "Keep-Alive" if self.keep_alive else "Close",
            }
            text = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self._wire.send(start + text.encode("latin-1", "replace") + body)


def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
