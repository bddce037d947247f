"""From the objects of a can to its entry in a manifest, in one pass over each and in bounded memory."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import cast

from isal import igzip_lib

from oonib.archive.building import BuiltCan, BuiltLine
from oonib.archive.gunzip import BadArchive
from oonib.archive.lines import UNREADABLE
from oonib.archive.manifests import tree
from oonib.archive.manifests.manifest import CanEntry, ObjectEntry
from oonib.archive.names import CanName
from oonib.archive.reading.found import Damaged
from oonib.archive.reading.lines import batches
from oonib.archive.reading.streams import PieceReader, content
from oonib.archive.writers import Written
from oonib.objects import ObjectStore

_PIECE = 256 * 1024
_MAGIC = b"\x1f\x8b"
_MEMBER_STEP = 1024 * 1024
"""Bytes of a member, unpacked: room for them is made so many at a time."""

# The stubs of isal call it an instance.
_NotGzip = cast("type[Exception]", igzip_lib.IsalError)


class Counted:
    """Pieces that are counted and hashed while they pass."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._sha256 = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._sha256.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        """Of what has passed so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def entry(self, key: str) -> ObjectEntry:
        """Of what has passed."""
        return ObjectEntry(key, self.sha256, self.size)


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a `.jsonl.gz` without their ends. Raises `BadArchive`."""
    for batch in batches(_unpacked(pieces)):
        for number, line in enumerate(batch.lines, batch.first):
            if line is None:
                raise BadArchive(f"line {number} is longer than any measurement")
            yield line


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What a gzip file holds, in the steps in which unpacking is fastest."""
    stream = io.BufferedReader(PieceReader(iter(pieces)), _PIECE)
    if not stream.peek(len(_MAGIC)).startswith(_MAGIC):
        raise BadArchive("not gzip")
    try:
        yield from content(stream)
    except Damaged as exc:
        raise BadArchive(f"{exc.reason}: {exc.detail}") from exc


def built_entry(built: BuiltCan) -> CanEntry:
    """The entry of a can that is still on the local disk, as it is read from there.

    Each line is looked for where the index will say that it is. Raises `OSError`, and `BadArchive` where it
    is not there.
    """
    leaves = Leaves(_placed_lines(built))
    return leaves.entry(
        built.name, (_of(built.name.jsonl, built.jsonl), _of(built.name.postcan, built.postcan))
    )


def _placed_lines(built: BuiltCan) -> Iterator[memoryview]:
    with built.jsonl.path.open("rb") as file:
        at = 0
        for (offset, length), lines in groupby(built.lines, _member_of):
            found = list(_split(_member(file.read(length))))
            if offset != at or len(found) != sum(1 for _ in lines):
                raise BadArchive(f"{built.name.stem}: the member at {at} has not the lines it should have")
            yield from found
            at += length


def _member_of(line: BuiltLine) -> tuple[int, int]:
    return line.place.member_offset, line.place.member_length


def _member(packed: bytes) -> bytes:
    try:
        return igzip_lib.decompress(packed, igzip_lib.DECOMP_GZIP, bufsize=_MEMBER_STEP)
    except _NotGzip as exc:
        raise BadArchive(f"not gzip: {exc}") from exc


def _split(text: bytes) -> Iterator[memoryview]:
    """The lines of a text in which each has its end. A copy of a line would cost as much as its hash."""
    whole, start = memoryview(text), 0
    while (end := text.find(b"\n", start)) >= 0:
        yield whole[start:end]
        start = end + 1


def stored_entry(objects: ObjectStore, name: CanName) -> CanEntry:
    """The entry of a can that is in the store. Raises `ObjectStoreError` and `BadArchive`."""
    jsonl, postcan = Counted(objects.stream(name.jsonl)), Counted(objects.stream(name.postcan))
    leaves = Leaves(lines_of(jsonl))
    for _ in postcan:
        pass
    return leaves.entry(name, (jsonl.entry(name.jsonl), postcan.entry(name.postcan)))


class Leaves:
    """The hashes of the lines of a can, and how many of them are measurements."""

    def __init__(self, lines: Iterable[bytes | memoryview]) -> None:
        self.hashes: list[bytes] = []
        self.measurements = 0
        for line in lines:
            self.hashes.append(tree.leaf_hash(line))
            self.measurements += line != UNREADABLE

    def entry(self, name: CanName, objects: tuple[ObjectEntry, ...]) -> CanEntry:
        """The entry of the can with these lines."""
        root = tree.root_of(self.hashes).hex()
        return CanEntry(name.stem, len(self.hashes), self.measurements, root, objects)


def _of(key: str, written: Written) -> ObjectEntry:
    return ObjectEntry(key, written.sha256, written.size)
