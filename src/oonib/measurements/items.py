"""The items of a parameter that is a list: one value, values between commas, the parameter repeated, or both.

Owns how an item is read. What it then means, and whether it may be asked for, is each endpoint's business.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from oonib.errors import Invalid, OonibError

_Item = TypeVar("_Item")

_MOST_ITEMS = 1000
_LARGEST_ASN = 2**32 - 1
_LARGEST_LINK = 2**64 - 1
_CC_RE = re.compile(r"[A-Z]{2}", re.ASCII)
_NUMBER_RE = re.compile(r"[0-9]{1,20}", re.ASCII)


def items(
    name: str, texts: Sequence[str], read: Callable[[str], _Item], *, bad: OonibError | None = None
) -> list[_Item]:
    """The items, trimmed, read, each once. Raises `Invalid` for none or too many.

    `read` raises `ValueError` for what it cannot read; then `bad` is raised, or `Invalid`.
    """
    found = [item for text in texts for part in text.split(",") if (item := part.strip())]
    return whole(name, found, read, bad=bad)


def whole(
    name: str, texts: Sequence[str], read: Callable[[str], _Item], *, bad: OonibError | None = None
) -> list[_Item]:
    """The same for values that may hold commas themselves: the parameter repeated."""
    if not texts or len(texts) > _MOST_ITEMS:
        raise Invalid(f"Invalid {name} field: between 1 and {_MOST_ITEMS} items")
    try:
        return list(dict.fromkeys(read(text) for text in texts))
    except ValueError:
        raise bad or Invalid(f"Invalid {name} field") from None


def country(item: str) -> str:
    """A two-letter code, in capitals."""
    code = item.upper()
    if not _CC_RE.fullmatch(code):
        raise ValueError(item)
    return code


def network(item: str) -> int:
    """The number of a network, with or without AS before it."""
    return _number(item.upper().removeprefix("AS"), _LARGEST_ASN)


def link(item: str) -> int:
    """The number of an OONI Run link."""
    return _number(item, _LARGEST_LINK)


def _number(text: str, largest: int) -> int:
    if not _NUMBER_RE.fullmatch(text) or int(text) > largest:
        raise ValueError(text)
    return int(text)
