"""One can, inside a process of the crew: read once, and a second time only to name what is wrong.

The first pass hashes both objects and all lines, and hands the posts on to be scored. Bounded memory: a
piece, a measurement, and 32 bytes for each line.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from oonib.archive.gunzip import BadArchive
from oonib.archive.lines import UNREADABLE
from oonib.archive.manifests import ObjectEntry, tree
from oonib.archive.manifests.describing import Counted, lines_of
from oonib.archive.reading import Found, Problem, read
from oonib.archive.reading.streams import PieceReader
from oonib.archive.verify.differences import CanChecked
from oonib.archive.verify.naming import name_differences
from oonib.archive.verify.selecting import CanTask
from oonib.fastpath.offline import Reader
from oonib.fastpath.reprocess.reading import StoreAddress
from oonib.objects import ObjectStore

_BUFFER = 1024 * 1024
_NO_MEASUREMENT = tree.leaf_hash(UNREADABLE).hex()


@dataclass(frozen=True, slots=True)
class CanReader:
    """Makes the reader of a process for a store."""

    address: StoreAddress

    def __call__(self) -> Reader:
        """A reader of `CanTask`s."""
        store = self.address.open()
        return lambda task: check_can(store, task)


def check_can(store: ObjectStore, task: CanTask) -> Iterator[Found | Problem]:
    """The posts of a can if they are to be scored, its differences, and a `CanChecked` at the end."""
    size, wrong = 0, []
    if task.jsonl is not None:
        pieces = Counted(store.stream(task.jsonl.key))
        same_lines = _lines_agree(pieces, task)
        size += pieces.size
        if not same_lines or not _agrees(pieces, task.jsonl):
            wrong.append(task.jsonl)
    if task.postcan is not None:
        pieces = Counted(store.stream(task.postcan.key))
        yield from _posts(pieces, task.postcan.key, wanted=task.scored)
        size += pieces.size
        if not _agrees(pieces, task.postcan):
            wrong.append(task.postcan)
    if wrong:
        yield from name_differences(store, task, wrong)
    yield CanChecked(task.name, "checked", "", size, task.can.lines, len(task.removed))


def _lines_agree(pieces: Counted, task: CanTask) -> bool:
    buried = {one.line: one.leaf for one in task.removed}
    leaves = []
    measurements = sum(leaf != _NO_MEASUREMENT for leaf in buried.values())
    try:
        for number, line in enumerate(lines_of(pieces)):
            leaf = buried.get(number)
            if leaf is not None and line != UNREADABLE:
                return False
            leaves.append(tree.leaf_hash(line) if leaf is None else bytes.fromhex(leaf))
            measurements += line != UNREADABLE
    except BadArchive:
        return False
    return (tree.root_of(leaves).hex(), len(leaves), measurements) == (
        task.can.root,
        task.can.lines,
        task.can.measurements,
    )


def _posts(pieces: Counted, key: str, *, wanted: bool) -> Iterator[Found]:
    """The measurements, if `wanted`; all of the object has passed afterwards."""
    source = iter(pieces)
    if wanted:
        with io.BufferedReader(PieceReader(source), _BUFFER) as stream:
            # What is no measurement was none when it was signed.
            yield from (item for item in read(stream, key) if isinstance(item, Found))
    for _ in source:
        pass


def _agrees(pieces: Counted, entry: ObjectEntry) -> bool:
    return (pieces.size, pieces.sha256) == (entry.size, entry.sha256)
