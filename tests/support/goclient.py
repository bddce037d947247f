"""Answers read as strictly as the probes' Go client reads them (probe contract 0.1).

A success is exactly status 200. The body is JSON of the expected types, no `null` at the top, at most 16 MiB.
A string where a number or a truth value is expected fails the whole answer; a missing key or an explicit null
does not. Keys that the client does not know are ignored.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_LARGEST = 2**24
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class GoError(AssertionError):
    """The client would refuse this."""


@dataclass(frozen=True)
class ListOf:
    """A slice."""

    of: Any


@dataclass(frozen=True)
class MapOf:
    """A map with text keys."""

    of: Any


STRING, INT, FLOAT, BOOL, TIME, ANY = "string", "int64", "float64", "bool", "time", "any"
_ZERO: dict[str, Any] = {STRING: "", INT: 0, FLOAT: 0.0, BOOL: False, TIME: None, ANY: None}

Kind = Any
"""One of the names above, `ListOf`, `MapOf`, or a mapping of a struct's keys to kinds."""

CHECK_IN: Kind = {
    "conf": {"features": MapOf(BOOL), "test_helpers": MapOf(ListOf({"address": STRING, "type": STRING}))},
    "probe_asn": STRING,
    "probe_cc": STRING,
    "tests": {
        "web_connectivity": {
            "report_id": STRING,
            "urls": ListOf({"category_code": STRING, "country_code": STRING, "url": STRING}),
        }
    },
    "utc_time": TIME,
    "v": INT,
}


def read(response: httpx.Response, kind: Kind) -> Any:
    """What the client makes of an answer; fails where it would."""
    if response.status_code != 200:
        raise GoError(f"status {response.status_code}: {response.text[:300]}")
    encoding = response.headers.get("content-encoding", "identity")
    if encoding not in ("identity", "gzip"):
        raise GoError(f"encoding {encoding}")
    return decode(response.content, kind)


def decode(raw: bytes, kind: Kind) -> Any:
    """A body as values of `kind`, zero values for what is absent."""
    if len(raw) > _LARGEST:
        raise GoError("larger than 16 MiB")
    value = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    if value is None:
        raise GoError("null at the top")
    return _as(value, kind, "")


def _refuse(token: str) -> Any:
    raise GoError(token)


def _as(value: Any, kind: Kind, path: str) -> Any:
    if isinstance(kind, ListOf):
        items = _expect(value, list, path, [])
        return [_as(item, kind.of, f"{path}[{n}]") for n, item in enumerate(items)]
    if isinstance(kind, MapOf):
        members = _expect(value, dict, path, {})
        return {key: _as(item, kind.of, f"{path}.{key}") for key, item in members.items()}
    if isinstance(kind, Mapping):
        members = _expect(value, dict, path, {})
        return {key: _as(members.get(key), one, f"{path}.{key}") for key, one in kind.items()}
    return _ZERO[kind] if value is None else _scalar(value, kind, path)


def _expect(value: Any, kind: type, path: str, empty: Any) -> Any:
    if value is None:
        return empty
    if type(value) is not kind:
        raise GoError(f"{path}: {type(value).__name__}, expected {kind.__name__}")
    return value


def _scalar(value: Any, kind: str, path: str) -> Any:
    fits = {
        STRING: type(value) is str,
        INT: type(value) is int and -(2**63) <= value < 2**63,
        FLOAT: type(value) in (int, float) and math.isfinite(value),
        BOOL: type(value) is bool,
        TIME: type(value) is str and _TIME.fullmatch(value) is not None,
        ANY: True,
    }
    if not fits[kind]:
        raise GoError(f"{path}: {value!r} is no {kind}")
    return value
