"""The lines of a `.jsonl.gz` that is there already, each with its place in the file.

The counterpart of `writers.LinesWriter`, for files whose places nobody has kept. Bounded memory: a piece and
one line. Holds no opinion on what a line is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from isal import igzip_lib

from oonib.archive.gunzip import LONGEST_LINE, BadArchive

_STEP = 256 * 1024
# The stubs of isal call it an instance.
_NotGzip = cast("type[Exception]", igzip_lib.IsalError)


@dataclass(frozen=True, slots=True)
class Member:
    """A gzip member that has ended: where it begins and how long it is, in bytes of the file."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line without its end. `number_in_member` is None where it lies in more than one member."""

    text: bytes
    number_in_member: int | None


def lines_and_members(pieces: Iterable[bytes]) -> Iterator[TextLine | Member]:
    """Each line once it has ended, each member after its lines. Raises `BadArchive` behind what is sound."""
    open_line = bytearray()
    number: int | None = 0
    for item in _members(pieces):
        if isinstance(item, Member):
            yield item
            number = None if open_line else 0
            continue
        *ended, rest = item.split(b"\n")
        for text in ended:
            open_line += text
            yield TextLine(bytes(open_line), number)
            open_line.clear()
            number = 1 if number is None else number + 1
        open_line += rest
        if len(open_line) > LONGEST_LINE:
            raise BadArchive(f"a line is longer than {LONGEST_LINE} bytes")
    if open_line:
        yield TextLine(bytes(open_line), None)


def _members(pieces: Iterable[bytes]) -> Iterator[bytes | Member]:
    """What each member holds, in pieces, and then the member. Raises `BadArchive`."""
    decoder, start, end, within = _decoder(), 0, 0, False
    for piece in pieces:
        end += len(piece)
        rest = piece
        while rest:
            if not within:
                rest = rest.lstrip(b"\0")  # files are padded, tapes were
                start = end - len(rest)
            if rest:
                yield from _unpacked(decoder, rest)
                within = not decoder.eof
                rest = b"" if within else decoder.unused_data or b""
                if not within:
                    yield Member(start, end - len(rest) - start)
                    decoder = _decoder()
    if within:
        raise BadArchive("the last gzip member is cut off")


def _decoder() -> igzip_lib.IgzipDecompressor:
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _unpacked(decoder: igzip_lib.IgzipDecompressor, data: bytes) -> Iterator[bytes]:
    """All output of one piece of input, up to the end of its member."""
    try:
        out = decoder.decompress(data, _STEP)
        while out:
            yield out
            if decoder.eof or decoder.needs_input:
                return
            out = decoder.decompress(b"", _STEP)
    except _NotGzip as exc:
        raise BadArchive(f"not gzip: {exc}") from exc
