"""From Python values to the text of query parameters."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

_REPEATED = frozenset({"input"})
"""Lists whose values may hold commas: the parameter is repeated."""


def query(filters: Mapping[str, object]) -> list[tuple[str, str]]:
    """The parameters in the order given; None counts as not given. Raises ValueError for an empty list,
    which would ask for everything where nothing is meant."""
    return [pair for name, value in filters.items() if value is not None for pair in _pairs(name, value)]


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, set, frozenset)):
        yield name, _text(value)
        return
    texts = [_text(item) for item in value]
    if not texts:
        raise ValueError(f"{name}: an empty list matches nothing")
    if name in _REPEATED:
        yield from ((name, text) for text in texts)
    else:
        yield name, ",".join(texts)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
