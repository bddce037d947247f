"""Opening the spool file: who may, whether it is sound, and what happens when it is not.

The first process to open the file has it alone for a moment and checks it. What can be read of a file that
is no sound database is copied into a new one, which takes its place when it is complete; the old one stays
beside it under another name. A damaged file never keeps oonib from starting; a disk that is full or cannot
be written is no damage, and nothing is moved for it.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from oonib.spool.database import aside, connect, create
from oonib.spool.errors import SpoolCorrupt, SpoolFailed, damaged, translate
from oonib.spool.logcheck import unread_commits
from oonib.spool.mending import doubt, line_of, log_of, rewrite
from oonib.spool.salvaging import salvage

_JOURNALS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Opening:
    """The lock that a process holds while it uses the spool, and what the check found.

    `quarantined`: the damaged file, out of which `salvaged` entries came. `unread`: commits of the log that
    cannot be read, `kept_log` its copy.
    """

    lock: int
    quarantined: Path | None = None
    salvaged: int = 0
    unread: int = 0
    kept_log: Path | None = None

    @property
    def notices(self) -> list[str]:
        """What an operator has to know, with the file and what to do about it."""
        found = []
        if self.quarantined is not None:
            found.append(
                f"the spool was damaged: {self.salvaged} measurements were carried over; the rest may be in"
                f" {self.quarantined}, to be read with: sqlite3 '{self.quarantined}' .recover"
            )
        if self.kept_log is not None:
            found.append(
                f"the log of the spool was damaged: {self.unread} commits in it cannot be read (one that was"
                f" being written when the power was cut counts as well); keep {self.kept_log}, and take in"
                " again what you have of them with: oonib spool import FOLDER"
            )
        return found


def open_file(path: Path) -> Opening:
    """Create, check or repair the file at `path` and share it with other processes. Raises `SpoolError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    quarantined, salvaged, unread = None, 0, 0
    kept_log = log_of(aside(path))
    try:
        if _alone(lock):
            _finish_replacing(path)
            _keep_log(path)
            unread = _unread(path, kept_log)
            if path.exists() and not is_sound(path):
                salvaged = salvage(path, _rebuilt(path))
                quarantined = _replace(path)
        fcntl.flock(lock, fcntl.LOCK_SH)
        create(path)
    except BaseException as exc:
        # Whatever it was: an open file would hold the lock for as long as this process lives.
        os.close(lock)
        if isinstance(exc, sqlite3.Error):
            failure = translate(exc)
            if isinstance(failure, SpoolFailed):
                doubt(path)
            if isinstance(failure, SpoolCorrupt):
                raise damaged(path, exc) from exc
            raise type(failure)(f"{path}: {failure}") from exc
        raise
    return Opening(lock, quarantined, salvaged, unread, kept_log if unread else None)


def _unread(path: Path, keep: Path) -> int:
    try:
        return unread_commits(path, keep)
    except sqlite3.DatabaseError as exc:
        if isinstance(translate(exc), SpoolCorrupt):
            # Put aside with its log, if that cannot be mended.
            return 0
        raise
    except OSError as exc:
        raise SpoolFailed(f"{path}: its log is damaged and cannot be copied: {exc.strerror}") from exc


def _keep_log(path: Path) -> None:
    """What a process before this one could not bring to the disk. Raises `SpoolFailed`."""
    line = line_of(path)
    try:
        if line.exists() and line.stat().st_size:
            rewrite(log_of(path))
            os.truncate(line, 0)
    except OSError as exc:
        raise SpoolFailed(f"the log cannot be brought to the disk: {exc.strerror}") from exc


def _alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_sound(path: Path) -> bool:
    """Whether SQLite finds no damage, in the structure or between tables and their indexes.

    Raises `sqlite3.Error` if it cannot look.
    """
    try:
        with closing(connect(path)) as connection:
            # The quick check passes over a uid or an hour that a flipped bit has changed in one of the two.
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as exc:
        if isinstance(translate(exc), SpoolCorrupt):
            return False
        raise


def _rebuilt(path: Path) -> Path:
    return path.with_name(f"{path.stem}.rebuilt{path.suffix}")


def _replace(path: Path) -> Path:
    # The damaged file goes first: while it is in place its copy may be incomplete, afterwards never.
    beside = aside(path)
    path.rename(beside)
    for ending in _JOURNALS:
        journal = path.with_name(path.name + ending)
        if journal.exists():
            journal.rename(beside.with_name(beside.name + ending))
    _rebuilt(path).rename(path)
    _sync_folder(path.parent)
    return beside


def _finish_replacing(path: Path) -> None:
    """Do what a crash left undone: take the complete copy, or drop the half of one."""
    rebuilt = _rebuilt(path)
    if not rebuilt.exists():
        return
    if path.exists():
        for ending in ("", *_JOURNALS):
            rebuilt.with_name(rebuilt.name + ending).unlink(missing_ok=True)
        return
    for ending in _JOURNALS:
        journal = path.with_name(path.name + ending)
        if journal.exists():
            beside = aside(path)
            journal.rename(beside.with_name(beside.name + ending))
    rebuilt.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
