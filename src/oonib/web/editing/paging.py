"""A page of a list that is at hand as a whole. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Paged(Generic[_Item]):
    """`items` of page number `page` (from 1) of `pages`, of `total` in all."""

    items: Sequence[_Item]
    total: int
    page: int
    pages: int


def paged(items: Sequence[_Item], page: int, size: int) -> Paged[_Item]:
    """A page of `items`; beyond the last one it is empty."""
    start = (page - 1) * size
    return Paged(items[start : start + size], len(items), page, max(1, -(-len(items) // size)))
