"""Building a can: the members of the plan in, two local files and the places of their lines out.

Bounded memory: one measurement at a time, plus the uncompressed lines of one gzip member. Uploads nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from oonib.archive.lines import UNREADABLE, Line, read_line
from oonib.archive.names import CanName
from oonib.archive.writers import LinesWriter, Place, PostcanWriter, Written
from oonib.model.uid import parse_uid
from oonib.spool import CorruptBody, Entry
from oonib.spool.entries import unpacker

SPOOL_FOLDER = "var/lib/ooniapi/measurements/incoming/"
"""Where OONI's hosts keep their spool: member names carry that path (fastpath contract 11)."""


ENDINGS = (".tar.gz", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class BuiltLine:
    """A line of the `.jsonl.gz`: whose it is and where. `problem` is why it is `{}` and gets no row."""

    uid: str
    report_id: str
    input: str
    place: Place
    problem: str | None


@dataclass(frozen=True, slots=True)
class BuiltCan:
    """Both files of a can on the local disk. `complete`: every planned post went in as it was accepted."""

    name: CanName
    postcan: Written
    jsonl: Written
    lines: list[BuiltLine]
    complete: bool

    @property
    def uids(self) -> list[str]:
        """The uids of the posts, in the order of both files."""
        return [line.uid for line in self.lines]

    def remove(self) -> None:
        """Delete the local files."""
        self.postcan.path.unlink(missing_ok=True)
        self.jsonl.path.unlink(missing_ok=True)


def build_can(name: CanName, members: Iterable[Entry], planned: int, folder: Path) -> BuiltCan:
    """Write the two files of a can of `planned` posts into `folder`. `members` are ordered by uid.

    Raises `OSError`, and leaves no file then.
    """
    try:
        return _build(name, members, planned, folder)
    except BaseException:
        # A disk that is full stays full as long as halves of cans lie on it.
        for ending in ENDINGS:
            (folder / f"{name.stem}{ending}").unlink(missing_ok=True)
        raise


def _build(name: CanName, members: Iterable[Entry], planned: int, folder: Path) -> BuiltCan:
    read: list[tuple[str, Line]] = []
    damaged = 0
    unpack = unpacker()
    with (
        PostcanWriter(folder / f"{name.stem}{ENDINGS[0]}") as postcan,
        LinesWriter(folder / f"{name.stem}{ENDINGS[1]}") as jsonl,
    ):
        for entry in members:
            stored, line, sound = _read(entry, unpack)
            damaged += not sound
            postcan.add(SPOOL_FOLDER + parse_uid(entry.uid).spool_path, stored)
            jsonl.add(line.text)
            read.append((entry.uid, Line(b"", line.report_id, line.input, line.problem)))
        posts = postcan.finish()
        lines, places = jsonl.finish()
    found = [
        BuiltLine(uid, line.report_id, line.input, place, line.problem)
        for (uid, line), place in zip(read, places, strict=True)
    ]
    return BuiltCan(name, posts, lines, found, complete=not damaged and len(found) == planned)


def _read(entry: Entry, unpack: Callable[[bytes], bytes]) -> tuple[bytes, Line, bool]:
    try:
        stored = unpack(entry.packed)
    except CorruptBody as exc:
        # What is left of it is archived: damaged bytes can be looked into later, missing ones cannot.
        return entry.packed, Line(UNREADABLE, problem=f"damaged on disk: {exc}"), False
    return stored, read_line(stored), True
