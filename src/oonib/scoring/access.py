"""Reading fields of a measurement with the null rules of the contract (fastpath contract, "Notation").

Owns the difference between a missing and a null field, and what is raised where OONI's production scorer
would have broken down. `dict.get` is the contract's *get*: null is kept. Here is *get-or*: null counts as
missing. Other falsy values are kept by both.
"""

from collections.abc import Mapping
from typing import Any

Measurement = Mapping[str, Any]
"""A parsed measurement: what is inside the envelope."""

Scores = dict[str, Any]
"""The scores object, in the key order of its construction."""

_EMPTY_OBJECT: Mapping[str, Any] = {}
_EMPTY_LIST: list[Any] = []


class Unscorable(ValueError):
    """Production's scorer breaks down on this measurement and writes nothing (fastpath contract, "LOST").

    `problem` is a short sentence that goes into `msg` of the row that is written instead.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def get_or(fields: Mapping[str, Any], key: str, default: Any) -> Any:
    """Value of `key`, or `default` where it is missing or null."""
    value = fields.get(key)
    return default if value is None else value


def as_object(value: Any, what: str) -> Mapping[str, Any]:
    """`value` itself; raises `Unscorable` where it is not an object."""
    if not isinstance(value, dict):
        raise Unscorable(f"{what} is not an object")
    return value


def as_items(value: Any, what: str) -> list[Any]:
    """`value` itself; null and empty text or object count as no items; else raises `Unscorable`."""
    if isinstance(value, list):
        return value
    if value is None or value in ("", {}):
        return _EMPTY_LIST
    raise Unscorable(f"{what} is not a list")


def test_keys(measurement: Measurement) -> Mapping[str, Any]:
    """The test keys; missing and null count as empty."""
    return as_object(get_or(measurement, "test_keys", _EMPTY_OBJECT), "test_keys")


def annotations(measurement: Measurement) -> Mapping[str, Any]:
    """The annotations; anything but an object counts as empty (fastpath contract 4, `platform`)."""
    value = measurement.get("annotations")
    return value if isinstance(value, dict) else _EMPTY_OBJECT
