"""Turning values of a measurement into values that table columns hold."""

import math
from typing import Any

_FLOAT32_MAX = 3.4e38


def text(value: Any) -> str:
    """Text of a column: numbers are written out, all else but text is empty, lone surrogates are replaced."""
    if isinstance(value, str):
        return value if value.isascii() else _storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _storable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        # Through UTF-16 two surrogates that make a pair become their character, lone ones U+FFFD.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def number(value: Any) -> float:
    """Number of a Float32 column; 0.0 for what is no number or does not fit."""
    if not isinstance(value, int | float):
        return 0.0
    try:
        as_float = float(value)
    except OverflowError:
        return 0.0
    return as_float if math.isfinite(as_float) and abs(as_float) < _FLOAT32_MAX else 0.0
