"""Addresses of findings that people can read. Pure (management contract 2.1)."""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 200
_GENERATED = 64
_DROPPED_RE = re.compile(r"[^0-9a-zA-Z-]")
_RESERVED = frozenset("/\\?#%")


def generated(title: str, year: int) -> str:
    """The slug that a title gets."""
    words = _DROPPED_RE.sub("", title.lower().replace(" ", "-"))
    return f"{year:04}-{words}"[:_GENERATED]


def numbered(slug: str) -> Iterator[str]:
    """The slug, and what follows it where it is taken."""
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1


def check(slug: str) -> str:
    """A slug that somebody chose. Raises `ValueError` for one that could not be found by it, or misleads."""
    if not slug or slug.isdigit():
        raise ValueError("a slug must not be empty, nor a number: that is an id")
    if len(slug) > LONGEST or unicodedata.normalize("NFC", slug) != slug or not all(map(_is_fit, slug)):
        raise ValueError(f"a slug has at most {LONGEST} characters, no spaces, none of / \\ ? # %")
    if not slug.strip("."):
        raise ValueError("a slug is more than dots")
    return slug


def is_id(key: str) -> bool:
    """Whether a key is looked up as an id."""
    return key.isascii() and key.isdigit()


def _is_fit(char: str) -> bool:
    # C: controls, invisible and unassigned characters; Z: spaces of all kinds.
    return char not in _RESERVED and unicodedata.category(char)[0] not in "CZ"
