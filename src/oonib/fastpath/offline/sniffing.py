"""What an input without a telling name holds: judged by its first bytes (standard input above all)."""

import io
import zlib
from typing import BinaryIO

import orjson

from oonib.archive.reading import Kind, kind_of

_HEAD = 64 * 1024
_LONGEST_LINE = 80 * 1024 * 1024
_TAR_MARK = slice(257, 262)
_GZIP_MAGIC = b"\x1f\x8b"
_LZ4_MAGIC = b"\x04\x22\x4d\x18"
_TOLD_BY_NAME = frozenset(Kind) - {Kind.UNKNOWN, Kind.BODY, Kind.INDEX}


def with_ending(stream: BinaryIO, name: str) -> tuple[BinaryIO, str]:
    """A stream of the same bytes, and the name, with an ending put on where it has none that tells.

    A single measurement and lines of them are told apart whatever the name says.
    """
    if kind_of(name) in _TOLD_BY_NAME or name.endswith(".post"):
        return stream, name
    head = stream.read(_HEAD)
    if head.lstrip()[:1] == b"{" and b"\n" not in head.strip():
        head += stream.readline(_LONGEST_LINE)
        head += stream.read(_HEAD)
    return _Chained(head, stream), _renamed(name, _ending(head))


def _renamed(name: str, ending: str) -> str:
    return name if ending == ".json" and kind_of(name) is Kind.BODY else name + ending


def _ending(head: bytes) -> str:
    if head[:2] == _GZIP_MAGIC:
        return _packed_ending(_unzipped(head), ".gz")
    if head[:4] == _LZ4_MAGIC:
        return ".json.lz4"
    if head[_TAR_MARK] == b"ustar":
        return ".tar"
    if head.startswith(b"---"):
        return ".yaml"
    return ".jsonl" if _is_lines(head) else ".json"


def _packed_ending(inner: bytes, packing: str) -> str:
    if inner[_TAR_MARK] == b"ustar":
        return f".tar{packing}"
    return f".yaml{packing}" if inner.startswith(b"---") else f".jsonl{packing}"


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 1024)
    except zlib.error:
        return b""


def _is_lines(head: bytes) -> bool:
    """Whether the first line is an object by itself and not the last one."""
    first, _, rest = head.lstrip().partition(b"\n")
    if not rest.strip():
        return False
    try:
        return isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        return False


class _Chained(io.RawIOBase, BinaryIO):
    """Some bytes, then the rest of a stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, all of them for a negative number."""
        if size is None or size < 0:
            head, self._head = bytes(self._head), self._head[:0]
            return head + self._rest.read()
        if not self._head:
            return self._rest.read(size)
        piece, self._head = bytes(self._head[:size]), self._head[size:]
        return piece

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """As `io.RawIOBase` has it."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
