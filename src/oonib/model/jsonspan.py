"""Where the members of a JSON object lie in its text.

Owns the byte offsets that let an envelope be changed without touching a byte of the measurement inside.
It expects text that `jsontext.loads` has accepted and does not validate it again.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Possessive: giving characters back never helps here, and remembering where to would cost gigabytes.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING_RE = re.compile(_STRING, re.DOTALL)
_TOKEN_RE = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_SCALAR_RE = re.compile(rb"[^,}\]\s]+")
_SPACE_RE = re.compile(rb"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Member:
    """One `"key": value` of an object: offsets into the text, ends exclusive."""

    key: str
    start: int
    value_start: int
    end: int


def members(text: bytes) -> Iterator[Member]:
    """The members of the object that is the whole of `text`, in order, duplicates included."""
    at = _skip_space(text, 0) + 1
    while True:
        at = _skip_space(text, at)
        if text[at : at + 1] == b"}":
            return
        key_end = _end(_STRING_RE, text, at)
        value_start = _skip_space(text, _skip_space(text, key_end) + 1)
        end = _value_end(text, value_start)
        yield Member(_key(text[at:key_end]), at, value_start, end)
        at = _skip_space(text, end)
        if text[at : at + 1] == b",":
            at += 1


def _key(literal: bytes) -> str:
    key: str = json.loads(literal)
    return key


def _skip_space(text: bytes, at: int) -> int:
    return _end(_SPACE_RE, text, at)


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError(f"not the text of a JSON object (at byte {at})")
    return match.end()


def _value_end(text: bytes, at: int) -> int:
    first = text[at : at + 1]
    if first == b'"':
        return _end(_STRING_RE, text, at)
    if first not in (b"{", b"["):
        return _end(_SCALAR_RE, text, at)
    depth = 0
    for token in _TOKEN_RE.finditer(text, at):
        opening = token.group()
        if opening in (b"{", b"["):
            depth += 1
        elif opening in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    raise ValueError(f"not the text of a JSON object (open bracket at byte {at})")


def without(text: bytes, key: str) -> bytes:
    """`text` less every top-level member called `key`, all other bytes as they were."""
    found = list(members(text))
    kept = [member for member in found if member.key != key]
    if len(kept) == len(found):
        return text
    opening = text.index(b"{") + 1
    inner = b",".join(text[member.start : member.end] for member in kept)
    return text[:opening] + inner + text[text.rindex(b"}") :]
