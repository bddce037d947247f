"""Values as people send them, brought to what both engines can keep, and moments as they are shown.

Pure. What a field means, and how long it may be, belongs to the rooms.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator

_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
# A day short of the end of the calendar, or a server in another zone could not show it.
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_DEEPEST = 20
_LARGEST = 2**63


def storable(text: str) -> bool:
    """Whether both engines can keep a text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text))


def utc(moment: datetime) -> datetime:
    """A moment in UTC; one without a zone is taken to be. Raises `ValueError` for years out of reach."""
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time out of reach") from None
    if not _FIRST <= moment < _LAST:
        raise ValueError("a time out of reach")
    return moment


def shown(moment: datetime) -> str:
    """A moment in UTC as answers have it, always with six digits (management contract 0.3)."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def whole_seconds(moment: datetime) -> datetime:
    """The moment without its fraction."""
    return moment.replace(microsecond=0)


def _storable(text: str) -> str:
    if not storable(text):
        raise ValueError("a text with a NUL character or half a character")
    return text


def _plain(value: Any) -> Any:
    for one in _parts(value, 0):
        if isinstance(one, str):
            _storable(one)
        elif isinstance(one, float | int) and not -_LARGEST <= one < _LARGEST:
            # Also what is no number; and PostgreSQL gives back large ones with all their digits.
            raise ValueError("a number of more than 64 bits")
    return value


def _parts(value: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST} levels")
    yield value
    if isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _parts(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            yield from _parts(child, depth + 1)


StorableText = Annotated[str, AfterValidator(_storable)]
"""A text that can be kept."""

Moment = Annotated[datetime, AfterValidator(utc)]
"""A moment, with its zone, in UTC."""

PlainObject = Annotated[dict[str, Any], AfterValidator(_plain)]
"""A JSON object that can be kept: texts, 64-bit and finite numbers, not nested deeply."""
