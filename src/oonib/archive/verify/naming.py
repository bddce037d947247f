"""Where exactly a can is not what was signed: the first line of each object that differs, and whose it is.

Two things tell which line it is, for the root of a tree cannot: each line is also in the other object of the
can, and the uid of each post has part of a hash over its bytes (probe contract 5.4).
"""

import hashlib
from collections.abc import Iterator
from itertools import zip_longest

from oonib.archive.gunzip import BadArchive, unpacked
from oonib.archive.lines import REMOVED, UNREADABLE, read_line
from oonib.archive.manifests import ObjectEntry, tree
from oonib.archive.manifests.describing import lines_of
from oonib.archive.reading import Problem
from oonib.archive.reading.found import Damaged
from oonib.archive.reading.tar import members
from oonib.archive.verify.differences import difference
from oonib.archive.verify.selecting import CanTask
from oonib.model.uid import BadUid, parse_uid
from oonib.objects import ObjectStore

_LARGEST_POST = 80 * 1024 * 1024


def name_differences(store: ObjectStore, task: CanTask, wrong: list[ObjectEntry]) -> Iterator[Problem]:
    """One difference for each object of `wrong`, as precise as the rest of the can allows."""
    for entry in wrong:
        if entry == task.jsonl:
            yield _in_lines(store, task, entry)
        else:
            yield _in_posts(store, task, entry)


def _in_lines(store: ObjectStore, task: CanTask, entry: ObjectEntry) -> Problem:
    """What is wrong with the lines, by the posts."""
    expected = _expected(store, task)
    at = {leaf: number for number, (_, leaf) in enumerate(expected)}
    buried = {one.line for one in task.removed}
    number = -1
    try:
        for number, line in enumerate(lines_of(store.stream(entry.key))):
            place = f"{entry.key}:{number}"
            if number >= task.can.lines:
                return difference(place, "line_added", f"the can has {task.can.lines} lines")
            if number in buried:
                if line != UNREADABLE:
                    return difference(
                        place, "line_changed", "there is something where a measurement was removed"
                    )
                continue
            if number < len(expected) and expected[number][1] != tree.leaf_hash(line):
                return _line(place, expected[number][0], at.get(tree.leaf_hash(line)), line)
    except BadArchive as exc:
        # What was unpacked before the damage is sound, as far as lines go.
        return difference(f"{entry.key}:{number + 1}", "object_damaged", f"{exc}{_of(expected, number + 1)}")
    if number + 1 < task.can.lines:
        place = f"{entry.key}:{number + 1}"
        return difference(
            place, "line_missing", f"{number + 1} of {task.can.lines} lines{_of(expected, number + 1)}"
        )
    return _whole(store, entry, expected=bool(expected))


def _line(place: str, uid: str, other: int | None, line: bytes) -> Problem:
    if other is not None:
        return difference(
            place, "line_moved", f"measurement {uid} belongs here; this one belongs in line {other}"
        )
    return difference(place, "line_changed", f"measurement {uid}: this is not its line ({len(line)} bytes)")


def _in_posts(store: ObjectStore, task: CanTask, entry: ObjectEntry) -> Problem:
    """What is wrong with the posts, by their uids and the lines."""
    removed = {one.line: one.uid for one in task.removed}
    number = -1
    try:
        for number, (post, line) in enumerate(zip_longest(_posts(store, entry.key), _lines(store, task))):
            if post is None:
                return difference(
                    f"{entry.key}:{number}", "post_missing", f"{number} of {task.can.lines} posts"
                )
            problem = _post(post[0], post[1], line, removed.get(number))
            if problem is not None:
                return difference(f"{entry.key}:{number}", *problem)
    except Damaged as exc:
        return difference(f"{entry.key}:{number + 1}", "object_damaged", f"{exc.reason}: {exc.detail}")
    return _whole(store, entry, expected=True)


def _post(uid: str, stored: bytes, line: bytes | None, removed: str | None) -> tuple[str, str] | None:
    if removed is not None:
        if stored == REMOVED and uid == removed:
            return None
        return "post_changed", f"there is something where measurement {removed} was removed"
    try:
        digest = parse_uid(uid).digest
    except BadUid:
        return "post_changed", f"not the name of a post: {uid[:80]!r}"
    # Posts that could not be read when they were packed have no line and perhaps no right hash either.
    if line != UNREADABLE and hashlib.sha512(stored).hexdigest()[:16] != digest:
        return "post_changed", f"measurement {uid}: its bytes are not those that were accepted"
    if line is not None and read_line(stored).text != line:
        return "post_moved", f"measurement {uid} does not belong here"
    return None


def _whole(store: ObjectStore, entry: ObjectEntry, *, expected: bool) -> Problem:
    """The content is the same line by line, or there is nothing to tell by."""
    info = store.head(entry.key)
    there = "nothing" if info is None else f"{info.size} bytes"
    why = (
        "what it holds is the same, its packing differs"
        if expected
        else "nothing is there to tell which line"
    )
    return difference(
        entry.key, "object_changed", f"signed were {entry.size} bytes, there are {there}; {why}"
    )


def _expected(store: ObjectStore, task: CanTask) -> list[tuple[str, bytes]]:
    """Uid and leaf of each post; what is behind damage is left out."""
    found: list[tuple[str, bytes]] = []
    if task.postcan is None:
        return found
    try:
        for uid, stored in _posts(store, task.postcan.key):
            found.append((uid, tree.leaf_hash(read_line(stored).text)))
    except Damaged:
        pass
    return found


def _lines(store: ObjectStore, task: CanTask) -> Iterator[bytes]:
    """The lines as far as they can be read."""
    if task.jsonl is None:
        return
    try:
        yield from lines_of(store.stream(task.jsonl.key))
    except BadArchive:
        return


def _posts(store: ObjectStore, key: str) -> Iterator[tuple[str, bytes]]:
    """Uid and bytes of each post. Raises `Damaged`."""
    try:
        for member in members(unpacked(store.stream(key))):
            if member.content.size > _LARGEST_POST:
                raise Damaged("member_too_large", f"{member.content.size} bytes")
            yield member.last_part.removesuffix(".post"), member.content.read()
    except BadArchive as exc:
        raise Damaged("bad_gzip", str(exc)) from exc


def _of(expected: list[tuple[str, bytes]], number: int) -> str:
    return f"; measurement {expected[number][0]}" if number < len(expected) else ""
