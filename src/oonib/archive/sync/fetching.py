"""One object to one file: fetched in pieces, continued where it ended, checked, then renamed into place.

A file that has its name is whole. What is not whole yet lies in `.oonib-sync` of the copy, under a name made
from the object's key and state, so that halves of two versions never meet.
"""

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oonib.archive.sync.checking import Expected, agrees, digest_of
from oonib.objects import ObjectInfo, ObjectStore, ObjectStoreUnavailable
from oonib.objects.keys import check_key

WORK = ".oonib-sync"
_PIECE = 8 * 1024 * 1024
_TRIES = 5
_FIRST_PAUSE = 1.0
_SAME_TIME = 0.001


class DestinationFailed(Exception):
    """The folder of the copy cannot be written: nothing else can be either."""


class Mismatch(Exception):
    """What was fetched is not what the store, or a manifest, says it is."""


class Ended(Exception):
    """The run was asked to stop."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches into one folder. `came` is told of bytes as they come. Safe to use from many threads."""

    store: ObjectStore
    folder: Path
    stopping: threading.Event
    came: Callable[[int], None]
    pause: float = _FIRST_PAUSE

    def path(self, key: str) -> Path:
        """Where an object's copy is. Raises `BadKey` for one that would lead out of the folder."""
        return self.folder / check_key(key)

    def is_there(self, info: ObjectInfo, expected: Expected, *, check: bool = False) -> bool:
        """Whether the copy is whole: its size and time are the object's, or its checksum is.

        With `check` the checksum decides wherever there is one.
        """
        path = self.path(info.key)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if found.st_size != expected.size:
            return False
        same_time = abs(found.st_mtime - info.modified.timestamp()) < _SAME_TIME
        if expected.checksum is None or (same_time and not check):
            return same_time
        if not agrees(path, expected):
            return False
        _set_time(path, info)
        return True

    def fetch(self, info: ObjectInfo, expected: Expected) -> None:
        """Have a whole copy in place. Raises `Mismatch`, `Ended`, `DestinationFailed`, `ObjectStoreError`."""
        path = self.path(info.key)
        part = self._part(info)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._complete(info, part)
            self._check(info, part, expected)
            _set_time(part, info)
            part.replace(path)
        except OSError as exc:
            why = "the disk is full" if exc.errno == errno.ENOSPC else exc.strerror
            raise DestinationFailed(f"{path}: {why}") from exc

    def _part(self, info: ObjectInfo) -> Path:
        state = f"{info.key}\0{info.etag}\0{info.size}\0{info.modified.timestamp()}"
        return self.folder / WORK / f"{hashlib.sha256(state.encode()).hexdigest()[:32]}.part"

    def _complete(self, info: ObjectInfo, part: Path) -> None:
        with part.open("ab") as file:
            if file.tell() > info.size:
                file.truncate(0)
            while (at := file.seek(0, os.SEEK_END)) < info.size:
                piece = self._patiently(info.key, at, min(_PIECE, info.size - at))
                file.write(piece)
                self.came(len(piece))
            file.flush()
            os.fsync(file.fileno())

    def _patiently(self, key: str, offset: int, length: int) -> bytes:
        pause = self.pause
        for attempt in range(_TRIES):
            if self.stopping.is_set():
                raise Ended
            try:
                return self.store.get_range(key, offset, length)
            except ObjectStoreUnavailable:
                if attempt == _TRIES - 1:
                    raise
                self.stopping.wait(pause)
                pause *= 2
        raise AssertionError("unreachable")

    def _check(self, info: ObjectInfo, part: Path, expected: Expected) -> None:
        if agrees(part, expected):
            return
        kind, wanted = expected.checksum or ("size", str(expected.size))
        first = digest_of(part, "md5")
        part.unlink()
        # Perhaps bytes were damaged on the way, or the file was continued after it had been.
        self._complete(info, part)
        if agrees(part, expected):
            return
        found = digest_of(part, "md5")
        if kind == "md5" and found == first and part.stat().st_size == expected.size:
            # The same twice: in an encrypted bucket the ETag looks like an MD5 and is none.
            return
        part.unlink()
        raise Mismatch(f"{info.key}: not the {kind} {wanted} that it should have")


def _set_time(path: Path, info: ObjectInfo) -> None:
    moment = info.modified.timestamp()
    os.utime(path, (moment, moment))
