"""Content encodings of requests and responses: gzip, deflate, zstd and, where its package is there, lz4.

Decoding is bounded: a reader hands out as much as it is asked for, so a small
body that expands hugely never sits in memory as a whole.
"""

import gzip
import importlib
import importlib.util
import io
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import zstandard

from oonib.warehouse.embedded.errors import (
    CANNOT_DECOMPRESS,
    UNKNOWN_COMPRESSION_METHOD,
    ClientGoneError,
    HttpError,
    QueryError,
)

MAX_WINDOW = 128 * 1024 * 1024
_HAS_LZ4 = importlib.util.find_spec("lz4") is not None


class Readable(Protocol):
    """Something read in pieces, empty at the end."""

    def read(self, size: int = ..., /) -> bytes: ...


class Encoder(Protocol):
    """An incremental compressor."""

    def encode(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class _Raw(io.RawIOBase):
    """A body as the raw file that the standard decompressors expect."""

    def __init__(self, body: Readable) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Decoded:
    """A decompressing file whose failures are the engine's error for bad compressed data."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = 65536, /) -> bytes:
        try:
            return bytes(self._file.read(size))
        except (ClientGoneError, HttpError, QueryError):
            raise
        except (EOFError, OSError, RuntimeError, zlib.error, zstandard.ZstdError) as error:
            text = f"Cannot decompress the request body: {error}"
            raise QueryError.of(CANNOT_DECOMPRESS, text, "CANNOT_DECOMPRESS") from None


class _Deflate:
    """zlib or raw deflate, read in bounded pieces."""

    def __init__(self, body: Readable) -> None:
        self._body = body
        self._inflate = zlib.decompressobj()
        self._pending = b""

    def read(self, size: int = 65536, /) -> bytes:
        while not self._inflate.eof:
            if not self._pending:
                self._pending = self._body.read(65536)
                if not self._pending:
                    raise EOFError("deflate stream ends early")
            data = self._inflate.decompress(self._pending, size)
            self._pending = self._inflate.unconsumed_tail
            if data:
                return data
        return b""


def decoder(encoding: str, body: Readable) -> Readable:
    """The body as the client meant it, given its Content-Encoding."""
    if encoding in {"", "identity"}:
        return body
    if encoding == "gzip":
        return _Decoded(gzip.GzipFile(fileobj=io.BufferedReader(_Raw(body))))
    if encoding == "deflate":
        return _Decoded(_Deflate(body))
    if encoding == "zstd":
        unpack = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
        return _Decoded(unpack.stream_reader(io.BufferedReader(_Raw(body)), read_across_frames=True))
    if encoding == "lz4" and _HAS_LZ4:
        return _Decoded(importlib.import_module("lz4.frame").open(io.BufferedReader(_Raw(body)), "rb"))
    text = f"Unknown compression method: {encoding}"
    raise QueryError.of(UNKNOWN_COMPRESSION_METHOD, text, "UNKNOWN_COMPRESSION_METHOD")


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._pack = zlib.compressobj(level=1, wbits=wbits)

    def encode(self, data: bytes) -> bytes:
        return self._pack.compress(data)

    def finish(self) -> bytes:
        return self._pack.flush()


class _Zstd:
    def __init__(self) -> None:
        self._pack = zstandard.ZstdCompressor(level=1).compressobj()

    def encode(self, data: bytes) -> bytes:
        return self._pack.compress(data)

    def finish(self) -> bytes:
        return self._pack.flush()


class _Lz4:
    def __init__(self) -> None:
        self._pack = importlib.import_module("lz4.frame").LZ4FrameCompressor()
        self._begun = False

    def encode(self, data: bytes) -> bytes:
        start = b"" if self._begun else bytes(self._pack.begin())
        self._begun = True
        return start + bytes(self._pack.compress(data))

    def finish(self) -> bytes:
        start = b"" if self._begun else bytes(self._pack.begin())
        return start + bytes(self._pack.flush())


_ENCODERS: dict[str, Callable[[], Encoder]] = {
    **({"lz4": _Lz4} if _HAS_LZ4 else {}),
    "zstd": _Zstd,
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
}


def encoder(accept: str) -> tuple[str, Encoder] | None:
    """The first encoding of Accept-Encoding that we speak, or None for plain bytes."""
    for part in accept.lower().split(","):
        name, _, weight = part.strip().partition(";")
        if name in _ENCODERS and weight.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name, _ENCODERS[name]()
    return None
