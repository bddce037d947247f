"""Which bytes of an object a request wants (RFC 9110, 14). Pure."""

import re
from dataclasses import dataclass

_RANGE_RE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)


class BadRange(ValueError):
    """None of the bytes that are asked for exist."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes from `offset`, of an object of `size`."""

    offset: int
    length: int
    size: int

    @property
    def header(self) -> str:
        """As `Content-Range` says it."""
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{self.size}"


def parse_range(header: str, size: int) -> Range | None:
    """The range that is asked for, None where the header asks for several, or cannot be understood.

    One that has all bytes is a range all the same: clients take a 200 for a server that knows no ranges.
    Raises `BadRange`.
    """
    match = _RANGE_RE.fullmatch(header.strip())
    if match is None or not (match["first"] or match["last"]):
        return None
    if not match["first"]:
        return _checked(max(0, size - int(match["last"])), size, size)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    if last < first and match["last"]:
        return None
    return _checked(first, min(last + 1, size), size)


def _checked(first: int, end: int, size: int) -> Range:
    if first >= end:
        raise BadRange(f"none of these bytes: the object has {size}")
    return Range(first, end - first, size)
