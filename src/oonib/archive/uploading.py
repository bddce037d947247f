"""Getting a built can into the store: each object verified there, nobody else's object ever replaced.

A can that was uploaded before a crash is recognised by its content and not sent again.
"""

import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator

from oonib.archive.building import BuiltCan
from oonib.archive.writers import Written
from oonib.objects import ObjectExists, ObjectStore, ObjectStoreUnavailable

_ATTEMPTS = 2


class KeyTaken(Exception):
    """Another object has this key, and it is left alone.

    `foreign`: it holds none of this can's posts, so the can may take another name. Else it was made from the
    same posts when more of them could be read.
    """

    def __init__(self, key: str, *, foreign: bool) -> None:
        whose = "somebody else's" if foreign else "an earlier build of the same posts with other"
        super().__init__(f"{key} exists with {whose} content; it is left alone")
        self.foreign = foreign


class UploadSpoilt(Exception):
    """The store took the object but does not hold the same bytes."""


def upload_can(objects: ObjectStore, built: BuiltCan, reach: Callable[[str], None]) -> int:
    """Have both objects of `built` in the store. Returns the bytes sent, none for what was there already.

    Raises `ObjectStoreError`, `KeyTaken` or `UploadSpoilt`.
    """

    def ours() -> bool:
        there = _posts_in(objects, built.name.postcan)
        if built.complete and there == built.uids:
            return True
        raise KeyTaken(built.name.postcan, foreign=set(there).isdisjoint(built.uids))

    sent = _ensure(objects, built.name.postcan, built.postcan, ours)
    reach("archive.after_upload_postcan")
    # Whoever has the postcan has the name, so what is under the other key can only be an older build of it.
    return sent + _ensure(objects, built.name.jsonl, built.jsonl, lambda: built.complete)


def _ensure(objects: ObjectStore, key: str, written: Written, may_replace: Callable[[], bool]) -> int:
    for attempt in range(_ATTEMPTS):
        try:
            if _holds(objects, key, written):
                return 0
            _send(objects, key, written, may_replace)
            break
        except ObjectStoreUnavailable:
            # Perhaps it was stored nevertheless: the same bytes under the same key settle it.
            if attempt == _ATTEMPTS - 1:
                raise
    if not _holds(objects, key, written):
        _mend(objects, key, written)
    return written.size


def _mend(objects: ObjectStore, key: str, written: Written) -> None:
    """Replace what was put there just now and is not what was sent."""
    objects.put(key, written.path)
    if not _holds(objects, key, written):
        # Left there, it would look like an object of somebody else to the next run.
        objects.delete(key)
        raise UploadSpoilt(f"{key}: the store holds other bytes than were sent")


def _send(objects: ObjectStore, key: str, written: Written, may_replace: Callable[[], bool]) -> None:
    try:
        objects.put_new(key, written.path)
    except ObjectExists:
        if _holds(objects, key, written):
            return
        if not may_replace():
            raise KeyTaken(key, foreign=False) from None
        objects.put(key, written.path)


def _holds(objects: ObjectStore, key: str, written: Written) -> bool:
    info = objects.head(key)
    if info is None or info.size != written.size:
        return False
    if info.etag == written.md5:
        return True
    # Folders and encrypted buckets have other etags: read it back.
    digest = hashlib.sha256()
    for piece in objects.stream(key):
        digest.update(piece)
    return digest.hexdigest() == written.sha256


def _posts_in(objects: ObjectStore, key: str) -> list[str]:
    """The uids in a postcan of the store; empty when it is none."""
    try:
        with tarfile.open(fileobj=_Reader(objects.stream(key)), mode="r|gz") as tar:
            return [member.name.rpartition("/")[2].removesuffix(".post") for member in tar]
    except (tarfile.TarError, EOFError, zlib.error):
        return []


class _Reader(io.RawIOBase):
    """Pieces as a file that can be read once, forwards."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                size = len(self._rest)
                break
            self._rest += piece
        wanted, self._rest = self._rest[:size], self._rest[size:]
        return wanted
