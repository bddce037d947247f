"""Values as ClickHouse can store them.

Lone surrogates, which JSON can carry and UTF-8 cannot, become U+FFFD; a time
without a zone is UTC, whatever zone the machine is in.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_SURROGATE = re.compile("[\ud800-\udfff]")
_LABEL = re.compile(r"'((?:[^'\\]|\\.)*)' = -?\d+")
_REPLACEMENT = "\ufffd"


def clean(value: object) -> object:
    """A value with the surrogates of its strings replaced; other values stay the same object."""
    if isinstance(value, str):
        # isascii() is a flag of the string, so plain text costs nothing.
        return value if value.isascii() else _SURROGATE.sub(_REPLACEMENT, value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, Mapping):
        return {clean(key): clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return value


def clean_rows(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """All rows with clean values."""
    return [[clean(value) for value in row] for row in rows]


def enum_labels(type_name: str) -> frozenset[str] | None:
    """The labels of an Enum type by its name, None for any other type."""
    if "Enum" not in type_name:
        return None
    return frozenset(re.sub(r"\\(.)", r"\1", label) for label in _LABEL.findall(type_name))


def check_labels(enums: Mapping[int, frozenset[str]], rows: Sequence[Sequence[object]]) -> None:
    """Refuse unknown labels; the client library would store them as a number that cannot be read again."""
    for index, labels in enums.items():
        for row in rows:
            value = row[index]
            if isinstance(value, str) and value not in labels:
                raise ValueError(f"{value!r} is none of {sorted(labels)}")
