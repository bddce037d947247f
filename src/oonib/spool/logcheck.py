"""What the write-ahead log holds and SQLite does not read, because something before it is damaged.

SQLite ends a log at the first frame whose checksum is wrong and says nothing of it: after a power cut that is
right, after a flipped byte it takes acknowledged commits. Frames behind that end which belong to the same
round of the log tell of it. Format: https://www.sqlite.org/fileformat2.html, section 4.
"""

import os
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from oonib.spool.mending import log_of

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_READ_TO = struct.Struct("=I")
_READ_TO_AT = 16
_PAGE_SIZES = frozenset(2**power for power in range(9, 17))
_WORD = 2**32


def unread_commits(path: Path, keep: Path) -> int:
    """Commits in the log of the database at `path` that SQLite does not read; with any, `keep` is its copy.

    One that was being written when the power was cut may be among them. Nobody else may have the database
    open. Raises `sqlite3.Error` where it cannot be read at all, and `OSError`.
    """
    log, index = log_of(path), path.with_name(f"{path.name}-shm")
    if not path.exists() or not log.exists() or log.stat().st_size <= _HEADER.size:
        return 0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not index.exists():
            return 0
        unread = sum(_commits(log, after=_last_frame_read(index)))
        # Closed, the connection takes the log away.
        if unread:
            _copy(log, keep)
    return unread


def _copy(log: Path, keep: Path) -> None:
    with log.open("rb") as source, keep.open("xb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def _last_frame_read(index: Path) -> int:
    with index.open("rb") as file:
        file.seek(_READ_TO_AT)
        return int(_READ_TO.unpack(file.read(_READ_TO.size))[0])


def _commits(log: Path, after: int) -> Iterator[bool]:
    """Whether each frame of the log's present round is the end of a commit, from frame `after` on."""
    with log.open("rb") as file:
        header = file.read(_HEADER.size)
        page_size, salts = _round(header, file.read(_FRAME.size))
        step = _FRAME.size + page_size
        file.seek(_HEADER.size + after * step)
        while len(frame := file.read(step)) == step:
            _, size_after_commit, *found, _, _ = _FRAME.unpack_from(frame)
            if tuple(found) == salts:
                yield size_after_commit != 0


def _round(header: bytes, first: bytes) -> tuple[int, tuple[int, ...]]:
    """The size of pages, and what marks the frames that were written since the log began anew."""
    magic, _, page_size, _, *salts = _HEADER.unpack(header)[:6]
    if _is_whole(header, magic):
        return page_size, tuple(salts)
    salts = list(_FRAME.unpack(first)[2:4]) if len(first) == _FRAME.size else salts
    return page_size if page_size in _PAGE_SIZES else 4096, tuple(salts)


def _is_whole(header: bytes, magic: int) -> bool:
    words = struct.unpack(">6I" if magic & 1 else "<6I", header[:24])
    one = two = 0
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) % _WORD
        two = (two + words[at + 1] + one) % _WORD
    return (one, two) == _HEADER.unpack(header)[6:]
