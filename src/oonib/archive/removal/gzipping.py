"""A gzip file with one line less, in which everything else stays where it was, to the byte.

The member of that line is written anew and filled up to its old length with an extra field, which every
reader of gzip skips. So the places of all other lines that the index knows remain true, at every moment.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from isal import igzip_lib, isal_zlib

from oonib.archive.lines import UNREADABLE
from oonib.archive.removal.errors import RemovalRefused

_GZIP = 31
_RAW = -15
_FLAG_EXTRA = 4
_FLAG_COMMENT = 16
_LARGEST_EXTRA = 65_535
# The stubs of isal call it an instance.
_NotGzip = cast("type[Exception]", igzip_lib.IsalError)
_STEP = 1024 * 1024


class NoSuchLine(RemovalRefused):
    """The file has no such line, or cannot be taken apart where it is."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A gzip member: its place in the file, and the lines that begin in it."""

    start: int
    end: int
    first: int
    lines: int


def without_line(data: bytes, number: int) -> tuple[bytes, bytes]:
    """The line `number` (from 0), and the file of the same length with `{}` in its place.

    Raises `NoSuchLine`, also where a member ends within a line, which no archiver writes.
    """
    member = next((one for one in _members(data) if one.first <= number < one.first + one.lines), None)
    if member is None:
        raise NoSuchLine(f"there is no line {number}")
    text = isal_zlib.decompress(data[member.start : member.end], _GZIP)
    lines = text.split(b"\n")
    line, lines[number - member.first] = lines[number - member.first], UNREADABLE
    if line == UNREADABLE:
        return line, data
    made = member_of(b"\n".join(lines), member.end - member.start)
    return line, data[: member.start] + made + data[member.end :]


def member_of(text: bytes, length: int) -> bytes:
    """A gzip member of exactly `length` bytes, followed by empty ones where one does not fill it.

    Raises `NoSuchLine` when `text` does not fit, which a text that lost a line does.
    """
    deflated = _deflated(text)
    bare = 18 + len(deflated)
    left = length - bare
    if left < 0:
        raise NoSuchLine(f"the rest of its member takes {-left} bytes more than before")
    filling = []
    while left > 2 + _LARGEST_EXTRA:
        filling.append(_member(_deflated(b""), b"", _LARGEST_EXTRA // 2))
        left -= len(filling[-1])
    return _member(deflated, text, left) + b"".join(filling)


def _member(deflated: bytes, text: bytes, left: int) -> bytes:
    """One member with `left` bytes more in its header than it needs."""
    flag, field = 0, b""
    if left == 1:
        flag, field = _FLAG_COMMENT, b"\0"
    elif left > 1:
        flag, field = _FLAG_EXTRA, struct.pack("<H", left - 2) + _subfield(left - 2)
    header = b"\x1f\x8b\x08" + bytes([flag]) + bytes(4) + b"\x00\xff"
    return header + field + deflated + struct.pack("<II", zlib.crc32(text), len(text) & 0xFFFFFFFF)


def _subfield(length: int) -> bytes:
    """Something of this length that looks like the subfield that the format asks for."""
    if length < 4:
        return bytes(length)
    return b"RM" + struct.pack("<H", length - 4) + bytes(length - 4)


def _deflated(text: bytes) -> bytes:
    fast = isal_zlib.compressobj(2, wbits=_RAW)
    small = zlib.compressobj(9, wbits=_RAW)
    found = [made.compress(text) + made.flush() for made in (fast, small)]
    return min(found, key=len)


def _members(data: bytes) -> Iterator[_Member]:
    start, first = 0, 0
    while start < len(data):
        inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        lines, last = 0, b"\n"
        try:
            out = inflate.decompress(data[start:], _STEP)
            while out or not inflate.eof:
                if not out and inflate.needs_input:
                    raise NoSuchLine("the file is cut off")
                lines += out.count(b"\n")
                last = out[-1:] or last
                out = b"" if inflate.eof else inflate.decompress(b"", _STEP)
        except _NotGzip as exc:
            raise NoSuchLine(f"not gzip at byte {start}: {exc}") from exc
        end = len(data) - len(inflate.unused_data or b"")
        if last != b"\n":
            raise NoSuchLine(f"the member at byte {start} ends within a line")
        yield _Member(start, end, first, lines)
        start, first = end, first + lines
