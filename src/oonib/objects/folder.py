"""Objects as files of a folder: durable before a write returns, never half written, never outside the folder.

Writes go to a temporary file in `.incoming`, which is synced and then renamed or linked into place; the
folders on the way are synced as well.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from oonib.objects.backend import Content, ObjectInfo
from oonib.objects.errors import (
    BadKey,
    ObjectExists,
    ObjectNotFound,
    ObjectStoreError,
    ObjectStoreUnavailable,
)

_INCOMING = ".incoming"
_PIECE = 1024 * 1024
_ABANDONED = 86400.0
"""Seconds after which nobody can still be writing a file."""


class Folder:
    """An object store in a folder of this host."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._swept = False

    def put(self, key: str, content: Content) -> None:
        """Store `content` under `key`, durable when this returns."""
        self._store(key, content, lambda made, target: made.replace(target))

    def put_new(self, key: str, content: Content) -> None:
        """Store `content` unless the key is taken. Raises `ObjectExists`."""

        def link(made: Path, target: Path) -> None:
            target.hardlink_to(made)
            made.unlink()

        self._store(key, content, link)

    def get(self, key: str) -> bytes:
        """The whole object."""
        with self._reading(key) as path:
            return path.read_bytes()

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer where the file ends before."""
        with self._reading(key) as path, path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def stream(self, key: str) -> Iterator[bytes]:
        """The whole object in pieces of a megabyte."""
        with self._reading(key) as path, path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def head(self, key: str) -> ObjectInfo | None:
        """Size and age; the etag changes whenever the file does."""
        try:
            with self._reading(key) as path:
                return _info(key, path.stat()) if path.is_file() else None
        except ObjectNotFound:
            return None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The files in `prefix` and below, ordered by key. What vanishes meanwhile is left out."""
        top = self._path(prefix) if prefix else self._root
        return self._walk(top, f"{prefix}/" if prefix else "")

    def folders(self, prefix: str) -> Sequence[str]:
        """The folders right in `prefix`; none where it is no folder."""
        try:
            with self._reading(prefix) as top, os.scandir(top) as entries:
                found = sorted(entry.name for entry in entries if entry.is_dir())
        except ObjectNotFound:
            return []
        return found if prefix else [name for name in found if name != _INCOMING]

    def delete(self, key: str) -> None:
        """Remove the file, durably."""
        with contextlib.suppress(ObjectNotFound), self._reading(key) as path:
            path.unlink()
            _sync_folder(path.parent)

    def ping(self) -> None:
        """Raise `ObjectStoreUnavailable` unless the folder is there (or can be made) and writable."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise ObjectStoreUnavailable(f"the folder of objects cannot be made: {exc.strerror}") from exc
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise ObjectStoreUnavailable("the folder of objects is not writable")

    def _path(self, key: str) -> Path:
        path = self._root / key
        outside = not path.resolve().is_relative_to(self._root.resolve())
        if outside or f"{key}/".startswith(f"{_INCOMING}/"):
            raise BadKey(f"the key leads out of the folder of objects: {key[:80]!r}")
        return path

    @contextlib.contextmanager
    def _reading(self, key: str) -> Iterator[Path]:
        try:
            yield self._path(key)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as exc:
            raise ObjectNotFound(f"no object {key}") from exc
        except OSError as exc:
            raise ObjectStoreUnavailable(f"{key}: {exc.strerror}") from exc

    def _store(self, key: str, content: Content, place: Callable[[Path, Path], object]) -> None:
        target = self._path(key)
        made: Path | None = None
        try:
            self._make_folder(target.parent)
            made = self._write(content)
            place(made, target)
            _sync_folder(target.parent)
        except FileExistsError as exc:
            raise ObjectExists(f"there is an object {key} already") from exc
        except (IsADirectoryError, NotADirectoryError) as exc:
            raise ObjectStoreError(f"{key} is a folder, or lies below an object") from exc
        except OSError as exc:
            raise ObjectStoreUnavailable(f"{key}: {exc.strerror}") from exc
        finally:
            if made is not None:
                made.unlink(missing_ok=True)

    def _write(self, content: Content) -> Path:
        incoming = self._incoming()
        handle, name = tempfile.mkstemp(dir=incoming)
        made = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, file, _PIECE)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            # Also when the process is told to end: halves are not left behind.
            made.unlink(missing_ok=True)
            raise
        made.chmod(0o644)
        return made

    def _incoming(self) -> Path:
        """Where files are written, less what processes that died left there."""
        incoming = self._root / _INCOMING
        incoming.mkdir(exist_ok=True)
        if not self._swept:
            self._swept = True
            for left in incoming.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - left.stat().st_mtime > _ABANDONED:
                        left.unlink()
        return incoming

    def _make_folder(self, folder: Path) -> None:
        """Make `folder` and those above it, syncing each parent so that the new names last."""
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            _sync_folder(path.parent)

    def _walk(self, folder: Path, prefix: str) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(folder) as entries:
                # Keys are ordered as in S3: by the whole text, in which a folder's name ends with a slash.
                found = sorted((f"{entry.name}/" if entry.is_dir() else entry.name) for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as exc:
            raise ObjectStoreUnavailable(f"{prefix}: {exc.strerror}") from exc
        for name in found:
            if name.endswith("/"):
                if prefix or name != f"{_INCOMING}/":
                    yield from self._walk(folder / name, prefix + name)
            elif (info := self.head(prefix + name)) is not None:
                yield info


def _info(key: str, stat: os.stat_result) -> ObjectInfo:
    etag = f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"
    return ObjectInfo(key, stat.st_size, etag, datetime.fromtimestamp(stat.st_mtime, UTC))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
