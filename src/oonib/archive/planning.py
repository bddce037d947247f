"""Which posts go into which can, under which number (fastpath contract 11). The spool records it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from oonib.archive.names import CanName
from oonib.objects import ObjectStore
from oonib.spool import Can, Group
from oonib.spool.cans import CanBook

_CAN_BYTES = 20_000_000
"""Compressed bytes of one object of a can, roughly: the spool's own compression stands for gzip's."""

_MOST_POSTS = 50_000
_PAGE = 2000
_AFTER_ANY_HOUR = "A"


def closed_before(now: datetime, *, include_current: bool, grace: timedelta) -> str:
    """The `YYYYMMDDHH` before which hours are closed at `now`: hour H is at H + 1 h + `grace`."""
    return _AFTER_ANY_HOUR if include_current else (now.astimezone(UTC) - grace).strftime("%Y%m%d%H")


def batches(book: CanBook, group: Group) -> Iterator[list[int]]:
    """The `seq`s of the group's posts, ordered by uid, in lots that make one can each."""
    seqs: list[int] = []
    size = 0
    for seq, post_size in _posts(book, group):
        if seqs and (size + post_size > _CAN_BYTES or len(seqs) >= _MOST_POSTS):
            yield seqs
            seqs, size = [], 0
        seqs.append(seq)
        size += post_size
    if seqs:
        yield seqs


def _posts(book: CanBook, group: Group) -> Iterator[tuple[int, int]]:
    after = ""
    while page := book.candidates(group, after, _PAGE):
        yield from ((seq, size) for seq, _, size in page)
        after = page[-1][1]


def free_number(book: CanBook, objects: ObjectStore, group: Group, collector: str) -> int:
    """The first number that is neither recorded nor in use in the store. Raises `ObjectStoreError`."""
    number = book.next_number(group, collector)
    while True:
        name = CanName(group.hour, group.cc, group.test, collector, number)
        if objects.head(name.postcan) is None and objects.head(name.jsonl) is None:
            return number
        number += 1


def name_of(can: Can) -> CanName:
    """The name of a recorded can."""
    return CanName(can.hour, can.cc, can.test, can.collector, can.number)
