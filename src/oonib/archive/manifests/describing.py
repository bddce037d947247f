"""From the objects of a can to its entry in a manifest, in one pass over each and in bounded memory."""

import hashlib
import io
from collections.abc import Iterable, Iterator

from oonib.archive.building import BuiltCan
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
    """The entry of a can that is still on the local disk. Raises `OSError`."""
    with built.jsonl.path.open("rb") as file:
        leaves = Leaves(lines_of(iter(lambda: file.read(_PIECE), b"")))
    return leaves.entry(
        built.name, (_of(built.name.jsonl, built.jsonl), _of(built.name.postcan, built.postcan))
    )


def stored_entry(objects: ObjectStore, name: CanName) -> CanEntry:
    """The entry of a can that is in the store. Raises `ObjectStoreError` and `BadArchive`."""
    jsonl, postcan = Counted(objects.stream(name.jsonl)), Counted(objects.stream(name.postcan))
    leaves = Leaves(lines_of(jsonl))
    for _ in postcan:
        pass
    return leaves.entry(name, (jsonl.entry(name.jsonl), postcan.entry(name.postcan)))


class Leaves:
    """The hashes of the lines of a can, and how many of them are measurements."""

    def __init__(self, lines: Iterable[bytes]) -> None:
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
