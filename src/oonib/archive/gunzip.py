"""Lines out of gzip, with bounds: what is read was written by others and may claim to be of any size."""

from collections.abc import Iterable, Iterator
from typing import cast

from isal import igzip_lib, isal_zlib

_GZIP = 31
# The stubs of isal call it an instance.
_NotGzip = cast("type[Exception]", igzip_lib.IsalError)

_STEP = 1024 * 1024
"""Most bytes that are unpacked at once."""

LONGEST_LINE = 80 * 1024 * 1024
"""More than any accepted body (64 MiB)."""

_LARGEST_FILE = 4 * 1024**3


class BadArchive(Exception):
    """An object is not gzip, is cut off, or unpacks to more than any can does."""


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a gzip file of any number of members, given and returned in pieces."""
    total = 0
    for out in _inflated(pieces):
        total += len(out)
        if total > _LARGEST_FILE:
            raise BadArchive(f"unpacks to more than {_LARGEST_FILE} bytes")
        yield out


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflate = isal_zlib.decompressobj(_GZIP)
    within = False
    for piece in pieces:
        rest = piece
        while rest:
            try:
                yield inflate.decompress(rest, _STEP)
            except _NotGzip as exc:
                raise BadArchive(f"not gzip: {exc}") from exc
            within = not inflate.eof
            rest = inflate.unconsumed_tail if within else inflate.unused_data
            if not within:
                inflate = isal_zlib.decompressobj(_GZIP)
    if within:
        raise BadArchive("the last gzip member is cut off")


def nth_line(pieces: Iterable[bytes], number: int) -> bytes | None:
    """Line `number` (from 0) without its end, None when there are fewer. Reads no further than needed."""
    seen = 0
    line = bytearray()
    for piece in pieces:
        if seen + piece.count(b"\n") < number:
            seen += piece.count(b"\n")
            continue
        start = 0
        while seen < number:
            start = piece.index(b"\n", start) + 1
            seen += 1
        end = piece.find(b"\n", start)
        line += piece[start : None if end < 0 else end]
        if len(line) > LONGEST_LINE:
            raise BadArchive(f"a line is longer than {LONGEST_LINE} bytes")
        if end >= 0:
            return bytes(line)
    return bytes(line) or None
