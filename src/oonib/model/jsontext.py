"""Reading JSON as probes write it: strict and fast first, tolerant second.

Owns which texts count as JSON. OONI's own parser accepts lone surrogates, duplicate keys and integers of
any length, so those are accepted here as well; NaN and Infinity, nesting beyond `MAX_DEPTH`, invalid UTF-8
and raw control characters are not. It never changes a text: bytes are archived as they came.
"""

import json
import re
from typing import NoReturn

import orjson

MAX_DEPTH = 200
"""Levels of nested arrays and objects that are accepted (design, section 6)."""

MAX_VALUES = 2_000_000
"""Values in one text. Each costs a Python object, so this bounds the memory that a text can claim."""

# Possessive, and a string that is never closed counts to the end of the text: linear whatever is sent.
_STRING_RE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)

_LONGEST_INTEGER = 400
"""Digits after which an integer is beyond any float and is read as infinity rather than computed."""


class MalformedJson(ValueError):
    """The text is not JSON that is accepted here. `reason` is a sentence for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def loads(raw: bytes) -> object:
    """Parse UTF-8 JSON. Duplicate keys: the last one wins. Raises `MalformedJson`."""
    if _too_many(raw):
        raise MalformedJson(f"more than {MAX_VALUES} values")
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = _tolerant(raw)
    if _too_deep(raw, value):
        raise MalformedJson(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _tolerant(raw: bytes) -> object:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise MalformedJson(f"invalid UTF-8 at byte {exc.start}") from None
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
    except RecursionError:
        raise MalformedJson(f"nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as exc:
        raise MalformedJson(f"character {exc.pos}: {exc.msg}") from None
    return value


def _refuse_constant(token: str) -> NoReturn:
    raise MalformedJson(f"{token} is not JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _too_many(raw: bytes) -> bool:
    # Commas in strings make the first count too high, never too low: only then count without strings.
    if len(raw) <= MAX_VALUES:
        return False
    return _marks(raw) > MAX_VALUES and _marks(_STRING_RE.sub(b"", raw)) > MAX_VALUES


def _marks(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _too_deep(raw: bytes, value: object) -> bool:
    if len(raw) <= MAX_DEPTH:
        return False
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node if type(node) is list else ())
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True
