"""From the wire to the bytes that a probe meant: limits, deadlines, decompression.

A body is read in pieces that are counted as they arrive, against the request's own limit and against one
budget for all requests, so that memory stays flat whatever is sent. Knows nothing of JSON.
"""

import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import zstandard

from oonib.collector.refusing import Counted, Refused, misformatted
from oonib.errors import TooLarge, Unavailable

_PIECE = 256 * 1024
_ZSTD_PIECE = 1024
"""A few bytes of zstd can stand for 128 KiB, so little goes in at a time."""

_ALWAYS_WELCOME = 1024 * 1024
"""Bodies up to this size find room while large ones, perhaps sent slowly on purpose, fill the rest."""

_ENCODINGS = {"zstd": "zstd", "gzip": "gzip", "x-gzip": "gzip"}


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bytes of one body as sent and after decompression, and of all bodies held at one time."""

    sent: int
    decoded: int
    together: int = 384 * 1024 * 1024


@dataclass(slots=True)
class Budget:
    """Bytes that all requests of this process hold together. Used from the event loop only."""

    limit: int
    held: int = field(default=0)

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """A request's share, given back when the block is left."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.taken


@dataclass(slots=True)
class Share:
    """What one request holds of the budget."""

    budget: Budget
    taken: int = 0

    def take(self, size: int) -> None:
        """Hold `size` bytes more, or raise `Unavailable`."""
        large = self.taken + size > _ALWAYS_WELCOME
        limit = self.budget.limit * 3 // 4 if large else self.budget.limit
        if self.budget.held + size > limit:
            raise Unavailable("too many large submissions at this moment", retry_after=5)
        self.budget.held += size
        self.taken += size


async def read_body(stream: AsyncIterator[bytes], limit: int, share: Share) -> bytes:
    """Collect a body. Raises `TooLarge`, `Unavailable`."""
    parts: list[bytes] = []
    size = 0
    async for piece in stream:
        size += len(piece)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        share.take(len(piece))
        parts.append(piece)
    return b"".join(parts)


def decode_body(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Undo `Content-Encoding` zstd or gzip; any other value is ignored (probe contract 5.1).

    Raises `TooLarge` as soon as the output passes `limit`, `Refused` when the data is damaged, incomplete
    or followed by more.
    """
    kind = _ENCODINGS.get(content_encoding.strip().lower())
    if kind is None:
        return body
    try:
        pieces = _zstd(body, limit) if kind == "zstd" else _gzip(body)
        return _collect(pieces, limit)
    except (zstandard.ZstdError, zlib.error) as exc:
        raise misformatted("zstd_fail" if kind == "zstd" else "gzip_fail", f"{kind}: {exc}") from None


def is_small(body: bytes, content_encoding: str, limit: int) -> bool:
    """Whether a body has at most `limit` bytes, also after decompression. Damaged ones count as small."""
    if len(body) > limit:
        return False
    try:
        decode_body(body, content_encoding, limit)
    except TooLarge:
        return False
    except Refused:
        return True
    return True


def _collect(pieces: Iterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes after decompression")
        parts.append(piece)
    return b"".join(parts)


def _zstd(body: bytes, limit: int) -> Iterator[bytes]:
    # The frame's own claim is checked first; the stream is counted all the same, as the claim is optional.
    claimed = zstandard.get_frame_parameters(body).content_size
    if claimed not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR) and claimed > limit:
        raise TooLarge(f"the body is larger than {limit} bytes after decompression")
    decoder = zstandard.ZstdDecompressor(max_window_size=limit).decompressobj()
    for at in range(0, len(body), _ZSTD_PIECE):
        yield decoder.decompress(body[at : at + _ZSTD_PIECE])
        if decoder.eof:
            _refuse_rest("zstd_fail", decoder.unused_data, body[at + _ZSTD_PIECE :])
            return
    raise misformatted("zstd_fail", "zstd: the frame is incomplete")


def _gzip(body: bytes) -> Iterator[bytes]:
    decoder = zlib.decompressobj(wbits=31)
    rest = body
    while not decoder.eof:
        piece = decoder.decompress(rest, _PIECE)
        rest = decoder.unconsumed_tail
        if not piece and not rest and not decoder.eof:
            raise misformatted("gzip_fail", "gzip: the data is incomplete")
        yield piece
    _refuse_rest("gzip_fail", decoder.unused_data)


def _refuse_rest(counted: Counted, *rests: bytes) -> None:
    if any(rests):
        raise misformatted(counted, "there is data after the compressed body")
