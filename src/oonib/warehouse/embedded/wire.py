"""HTTP/1.1 on a socket: request heads and bodies in, with limits on size and on standing still.

Owns framing only. It never sees SQL.
"""

import socket
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from oonib.warehouse.embedded.errors import ClientGoneError, HttpError

_RECV = 64 * 1024
_MAX_CHUNK_LINE = 4096
_MAX_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Sizes in bytes and patience in seconds."""

    request_line: int = 1024 * 1024
    headers: int = 64 * 1024
    head_seconds: float = 30.0
    idle_seconds: float = 120.0
    stall_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    keep_alive: bool
    length: int | None = None
    chunked: bool = False


@dataclass(slots=True)
class Wire:
    """A client connection with what has been read ahead of it."""

    sock: socket.socket
    limits: WireLimits
    patience: float = 0.0
    _ahead: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.patience = self.limits.stall_seconds

    def read_head(self) -> Head | None:
        """The next request's head; None when the client is done or stays silent."""
        if not self._ahead and not self._first_bytes():
            return None
        deadline = time.monotonic() + self.limits.head_seconds
        end = self._head_end(deadline)
        raw = bytes(self._ahead[:end])
        del self._ahead[: end + 4]
        return parse_head(raw)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of what comes next; a stall or an early end is the client's fault."""
        if not self._ahead:
            self._fill(self.patience)
        piece = bytes(self._ahead[:size])
        del self._ahead[:size]
        return piece

    def read_line(self) -> bytes:
        """One short line of chunk framing, without its line end."""
        while (end := self._ahead.find(b"\r\n")) < 0:
            if len(self._ahead) > _MAX_CHUNK_LINE:
                raise HttpError(400, "chunk header too long")
            self._fill(self.patience)
        line = bytes(self._ahead[:end])
        del self._ahead[: end + 2]
        if len(line) > _MAX_CHUNK_LINE:
            raise HttpError(400, "chunk header too long")
        return line

    def send(self, data: bytes) -> None:
        """Write everything, as long as the client keeps reading."""
        self.sock.settimeout(self.limits.stall_seconds)
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise ClientGoneError(str(error)) from None

    def _first_bytes(self) -> bool:
        try:
            self._fill(self.limits.idle_seconds)
        except (ClientGoneError, HttpError):
            return False
        return True

    def _head_end(self, deadline: float) -> int:
        while (end := self._ahead.find(b"\r\n\r\n")) < 0:
            line_end = self._ahead.find(b"\r\n")
            line = len(self._ahead) if line_end < 0 else line_end
            if line > self.limits.request_line:
                raise HttpError(414, "request line too long")
            if len(self._ahead) - line > self.limits.headers:
                raise HttpError(431, "request headers too large")
            self._fill(deadline - time.monotonic())
        line = self._ahead.find(b"\r\n")
        if line > self.limits.request_line:
            raise HttpError(414, "request line too long")
        if end - line > self.limits.headers:
            raise HttpError(431, "request headers too large")
        return end

    def _fill(self, patience: float) -> None:
        if patience <= 0:
            raise HttpError(408, "request timed out")
        self.sock.settimeout(patience)
        try:
            data = self.sock.recv(_RECV)
        except TimeoutError:
            raise HttpError(408, "request timed out") from None
        except OSError as error:
            raise ClientGoneError(str(error)) from None
        if not data:
            raise ClientGoneError("connection closed")
        self._ahead += data


@dataclass(slots=True)
class Body:
    """A request body, unframed, read once. `done` when its last byte has been read."""

    wire: Wire
    head: Head
    expects_continue: bool = False
    done: bool = False
    _left: int = 0

    def __post_init__(self) -> None:
        self._left = self.head.length or 0
        self.done = not self.head.chunked and self._left == 0
        self.expects_continue = self.head.headers.get("expect", "").lower() == "100-continue"

    def read(self, size: int = _RECV) -> bytes:
        """Up to `size` bytes, empty at the end."""
        if self.done or size == 0:
            return b""
        if self.expects_continue:
            self.expects_continue = False
            self.wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.head.chunked and self._left == 0 and not self._next_chunk():
            return b""
        piece = self.wire.read(min(size, self._left))
        self._left -= len(piece)
        if self._left == 0:
            self._end_piece()
        return piece

    def drain(self, limit: int, seconds: float) -> bool:
        """Read the rest away so that an answer can be seen; False when there is too much of it."""
        deadline = time.monotonic() + seconds
        self.wire.patience = seconds
        try:
            while not self.done and limit > 0 and time.monotonic() < deadline:
                limit -= len(self.read())
        except (ClientGoneError, HttpError):
            return False
        finally:
            self.wire.patience = self.wire.limits.stall_seconds
        return self.done

    def _end_piece(self) -> None:
        if not self.head.chunked:
            self.done = True
        elif self.wire.read_line() != b"":
            raise HttpError(400, "chunk longer than announced")

    def _next_chunk(self) -> bool:
        size = self.wire.read_line().partition(b";")[0].strip()
        if not size or len(size) > 15 or any(char not in b"0123456789abcdefABCDEF" for char in size):
            raise HttpError(400, "bad chunk size")
        self._left = int(size, 16)
        if self._left == 0:
            while self.wire.read_line():
                pass
            self.done = True
        return not self.done


def parse_head(raw: bytes) -> Head:
    """A request head from its bytes; anything ambiguous is refused."""
    lines = raw.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[0].isalpha() or parts[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise HttpError(400, "bad request line")
    headers = _parse_headers(lines[1:])
    length, chunked = _framing(headers)
    try:
        url = urlsplit(parts[1])
        params = dict(parse_qsl(url.query, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise HttpError(400, "bad request target") from None
    return Head(
        method=parts[0].upper(),
        path=url.path or "/",
        params=params,
        headers=headers,
        keep_alive=_keep_alive(parts[2], headers),
        length=length,
        chunked=chunked,
    )


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or line[0] in " \t":
            raise HttpError(400, "bad header")
        key = name.lower()
        if key in headers and key in {"content-length", "transfer-encoding", "host"}:
            raise HttpError(400, "repeated header")
        headers[key] = value.strip()
    return headers


def _framing(headers: dict[str, str]) -> tuple[int | None, bool]:
    length = headers.get("content-length")
    coding = headers.get("transfer-encoding", "").lower()
    if coding and coding != "chunked":
        raise HttpError(501, "transfer coding not supported")
    if coding and length is not None:
        raise HttpError(400, "both Content-Length and Transfer-Encoding")
    if length is None:
        return None, bool(coding)
    if not (length.isascii() and length.isdigit()) or len(length) > 15:
        raise HttpError(400, "bad Content-Length")
    return int(length), False


def _keep_alive(version: str, headers: dict[str, str]) -> bool:
    connection = headers.get("connection", "").lower()
    return connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
