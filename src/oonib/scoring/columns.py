"""Turning values of a measurement into values that table columns hold."""

import math
from typing import Any

from oonib.model.columntext import storable

_FLOAT32_MAX = 3.4e38


def text(value: Any) -> str:
    """Text of a column, cut where it is endless: numbers are written out, all else but text is empty."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def number(value: Any) -> float:
    """Number of a Float32 column; 0.0 for what is no number or does not fit."""
    if not isinstance(value, int | float):
        return 0.0
    try:
        as_float = float(value)
    except OverflowError:
        return 0.0
    return as_float if math.isfinite(as_float) and abs(as_float) < _FLOAT32_MAX else 0.0
