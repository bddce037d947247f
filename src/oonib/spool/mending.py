"""After a sync of the write-ahead log that failed: the log is written again as it is, and synced.

A system that could not bring pages to the disk may hold them for clean from then on: programs see them, a
later sync does not keep them, and a power cut leaves a hole. SQLite does not know; it would copy what it sees
into the database and find an older log after the cut. Written again, the pages are kept by the next sync that
succeeds.

Doubt is noted in the file in which writers wait in line, so that every process and the next start know of it.
"""

import os
from contextlib import suppress
from pathlib import Path

_CHUNK = 1024 * 1024


def log_of(path: Path) -> Path:
    """The write-ahead log of a database file."""
    return path.with_name(f"{path.name}-wal")


def line_of(path: Path) -> Path:
    """The file in which writers of a database file wait in line. Not empty: its log is in doubt."""
    return path.with_suffix(".turn")


def doubt(path: Path) -> None:
    """Note that the log of a database file is in doubt, where that can be written."""
    with suppress(OSError), line_of(path).open("ab", buffering=0) as line:
        line.write(b"?")


def rewrite(log: Path) -> None:
    """Write a log again, byte for byte, and sync it. Nobody else may write to it. Raises `OSError`."""
    try:
        file = log.open("r+b", buffering=0)
    except FileNotFoundError:
        return
    with file:
        at = 0
        while chunk := os.pread(file.fileno(), _CHUNK, at):
            at += os.pwrite(file.fileno(), chunk, at)
        os.fsync(file.fileno())
