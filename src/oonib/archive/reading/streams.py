"""From an open file to its content: gzip, LZ4 or plain, told apart by their first bytes.

Owns decompression in bounded steps. Names are not believed: early postcans are called `.tar.gz` and are plain
(fastpath contract 9.2).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

import lz4.frame
from isal import igzip_lib

from oonib.archive.reading.found import Damaged

_PIECE = 256 * 1024
"""Bytes read, and unpacked, at once: where igzip is fastest."""

_LARGEST = 64 * 1024**3
"""Bytes that one file may unpack to. Daily cans of the largest nettests have a few gigabytes."""


class _Decoder(Protocol):
    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Codec:
    name: str
    magic: bytes
    decoder: Callable[[], _Decoder]
    error: type[Exception]


_CODECS = (
    _Codec(
        "gzip",
        b"\x1f\x8b",
        lambda: cast("_Decoder", igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
        # The stubs of isal call it an instance.
        cast("type[Exception]", igzip_lib.IsalError),
    ),
    _Codec(
        "lz4",
        b"\x04\x22\x4d\x18",
        lambda: cast("_Decoder", lz4.frame.LZ4FrameDecompressor()),
        RuntimeError,
    ),
)


def content(stream: BinaryIO) -> Iterator[bytes]:
    """What a file holds, unpacked, in pieces of bounded size.

    All that can be unpacked is given before `Damaged` is raised: `truncated_gzip`, `bad_gzip`,
    `truncated_lz4`, `bad_lz4`, `file_too_large`. Errors of the stream itself are the caller's.
    """
    total = 0
    for piece in _pieces(stream):
        total += len(piece)
        if total > _LARGEST:
            raise Damaged("file_too_large", f"unpacks to more than {_LARGEST} bytes")
        yield piece


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    first = b""
    while len(first) < 4 and (more := stream.read(_PIECE)):
        first += more
    codec = next((codec for codec in _CODECS if first.startswith(codec.magic)), None)
    source = _plain(first, stream)
    return source if codec is None else _unpacked(source, codec)


def _plain(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    piece = first
    while piece:
        yield piece
        piece = stream.read(_PIECE)


def _unpacked(source: Iterator[bytes], codec: _Codec) -> Iterator[bytes]:
    decoder = codec.decoder()
    within = False
    for piece in source:
        rest: bytes | None = piece
        while rest is not None:
            if not within:
                rest = rest.lstrip(b"\0")  # files are padded, tapes were
                if not rest:
                    break
            yield from _step(decoder, rest, codec)
            within = not decoder.eof
            rest = None
            if decoder.eof:
                rest, decoder = decoder.unused_data or None, codec.decoder()
    if within:
        raise Damaged(f"truncated_{codec.name}", "the file is cut off")


def _step(decoder: _Decoder, data: bytes, codec: _Codec) -> Iterator[bytes]:
    """All output of one piece of input, up to the end of its member."""
    try:
        out = decoder.decompress(data, _PIECE)
        while out:
            yield out
            if decoder.eof or decoder.needs_input:
                return
            out = decoder.decompress(b"", _PIECE)
    except codec.error as exc:
        raise Damaged(f"bad_{codec.name}", str(exc)) from exc


class PieceReader(io.RawIOBase):
    """Pieces of bytes as a file that is read once, forwards."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """As `io.RawIOBase` has it."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
