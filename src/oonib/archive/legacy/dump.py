"""Normalised entries as JSON text, the same bytes in every run."""

import json
from typing import Any

import orjson

from oonib.archive.legacy.unfit import Unfit


def dump(value: dict[str, Any]) -> bytes:
    """One line of JSON without its end. Raises `Unfit`: `holds_bytes`, `not_json`.

    Sets become sorted lists; a number that JSON does not have (`.nan`, `.inf`) becomes null.
    """
    try:
        return orjson.dumps(value, _plain, orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError as exc:
        if isinstance(exc.__cause__, Unfit):
            raise exc.__cause__ from None
    try:
        # Integers beyond 64 bits.
        return json.dumps(value, default=_plain, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as exc:
        raise Unfit("not_json", str(exc)[:200]) from None


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value, key=repr)
    if isinstance(value, bytes):
        raise Unfit("holds_bytes", f"{len(value)} bytes that are no text")
    raise TypeError(f"no JSON for {type(value).__name__}")
