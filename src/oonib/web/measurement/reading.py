"""Values from the body of a stranger: of the kind that is wanted, or an empty one of that kind. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oonib.web.text import shown

_NOTHING: Mapping[str, Any] = {}
_NO_ITEMS: Sequence[Any] = ()
_LONGEST = 300
_LARGEST = 1e15

Fields = Mapping[str, Any]


def fields(value: Any) -> Fields:
    """An object."""
    return value if isinstance(value, dict) else _NOTHING


def items(value: Any) -> Sequence[Any]:
    """A list."""
    return value if isinstance(value, list) else _NO_ITEMS


def objects(value: Any) -> Iterator[Fields]:
    """The objects of a list; what else is in it is passed over."""
    return (item for item in items(value) if isinstance(item, dict))


def text(value: Any, longest: int = _LONGEST) -> str:
    """A text or number, fit to be seen; empty for anything else."""
    if isinstance(value, str):
        return shown(value, longest)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return shown(str(value), longest) if isinstance(value, int) else ""


def raw(value: Any) -> str:
    """A text as it is, for comparing and looking into; empty for anything else."""
    return value if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A number that can be computed with."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        return None
    return float(value)
