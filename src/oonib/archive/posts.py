"""The post of a measurement out of the postcans of its hour, as it was stored: also what has no line.

Slower than the index, which leads to one line, and needs no ClickHouse.
"""

import io
from collections.abc import Iterator

from oonib.archive.names import BadCanName, CanName, parse_can_key
from oonib.archive.reading.found import Damaged
from oonib.archive.reading.streams import PieceReader, content
from oonib.archive.reading.tar import Form, members
from oonib.model.uid import parse_uid
from oonib.objects import ObjectStore
from oonib.spool.entries import FRAME_START


class DamagedPost(Exception):
    """The archive has what was left of the post: it was damaged on the disk before it was archived."""


def find_post(objects: ObjectStore, uid: str) -> bytes | None:
    """The stored envelope of `uid`, None when no can of its hour, country and nettest has it.

    A can that cannot be read to its end is searched as far as that. Raises `BadUid`, `DamagedPost` and
    `ObjectStoreError`.
    """
    where = parse_uid(uid)
    folder = CanName(where.hour, where.cc, where.test, "0", 0).postcan.rpartition("/")[0]
    for info in list(objects.list(folder)):
        try:
            _, kind = parse_can_key(info.key)
        except BadCanName:
            continue
        if kind == "tar.gz" and (post := _in_can(objects.stream(info.key), uid)) is not None:
            return post
    return None


def _in_can(pieces: Iterator[bytes], uid: str) -> bytes | None:
    try:
        for member in members(content(io.BufferedReader(PieceReader(pieces)))):
            if member.form is Form.FILE and member.last_part == f"{uid}.post":
                post = member.content.read()
                if post.startswith(FRAME_START):
                    raise DamagedPost(f"{uid} was damaged before it was archived")
                return post
    except Damaged:
        return None
    return None
