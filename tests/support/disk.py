"""A disk below SQLite that can fail at any call and lose power at any moment.

SQLite's own layer for files stays in place; its calls that change files pass through here, are written down
and may be made to fail. From what was written down the contents after a power cut are made up.

What the model has: everything before the last sync of a file is kept; of what came after, each write may be
there, not be there or be there in some of its sectors of 512 bytes, each change of size may be there or not,
files do not wait for each other, a file that was removed may be back, one that was never synced may be
missing. After a sync that failed what it was to keep is never kept by a later one. What it has not: sectors
that change although nobody wrote them, a disk that says it has synced and has not, and the shared memory of
the log (`-shm`), which is gone or garbage after each cut.
"""

import ctypes
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SECTOR = 512
IOERR_WRITE, IOERR_FSYNC, IOERR_TRUNCATE, FULL = 778, 1034, 1546, 13

_P, _I, _L, _S = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p
_OPEN = ctypes.CFUNCTYPE(_I, _P, _P, _P, _I, _P)
_DELETE = ctypes.CFUNCTYPE(_I, _P, _S, _I)
_WRITE = ctypes.CFUNCTYPE(_I, _P, _P, _I, _L)
_TRUNCATE = ctypes.CFUNCTYPE(_I, _P, _L)
_SYNC = ctypes.CFUNCTYPE(_I, _P, _I)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", _I),
        ("file_size", _I),
        ("longest_path", _I),
        ("next", _P),
        ("name", _S),
        ("data", _P),
        ("open", _P),
        ("delete", _P),
        ("rest", _P * 14),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", _I),
        ("close", _P),
        ("read", _P),
        ("write", _P),
        ("truncate", _P),
        ("sync", _P),
        ("rest", _P * 13),
    )


_FOR_EVER: list["Shim"] = []

Kind = Literal["write", "truncate", "sync", "failed sync", "delete"]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one file. `at` is an offset or a new size."""

    kind: Kind
    path: Path
    at: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """What happened to the files below `folder`, in order, and what is to fail."""

    folder: Path
    start: dict[Path, bytes]
    events: list[Event] = field(default_factory=list)
    fail: Callable[[Kind, Path], int | None] = lambda _kind, _path: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, event: Event) -> None:
        """Write a change down."""
        with self.lock:
            self.events.append(event)

    def whole(self) -> dict[Path, bytes]:
        """The files as a running program sees them."""
        files: dict[Path, bytearray] = {path: bytearray(data) for path, data in self.start.items()}
        for event in self.events:
            if event.kind == "delete":
                files.pop(event.path, None)
            else:
                _apply(files.setdefault(event.path, bytearray()), event)
        return {path: bytes(data) for path, data in files.items()}

    def after_power_cut(self, count: int, chance: random.Random) -> dict[Path, bytes]:
        """Files that may be found when the power fails after `count` events."""
        platter = _Platter({path: bytearray(data) for path, data in self.start.items()}, chance)
        for event in self.events[:count]:
            platter.take(event)
        return platter.found()


@dataclass
class _Platter:
    """What is kept for sure, what waits for a sync, and removals that a crash may undo."""

    kept: dict[Path, bytearray]
    chance: random.Random
    pending: dict[Path, list[Event]] = field(default_factory=dict)
    removed: dict[Path, bytearray] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """One more event."""
        waiting = self.pending.setdefault(event.path, [])
        if event.kind in ("write", "truncate"):
            waiting.append(event)
            return
        if event.kind == "sync":
            self._sync(event.path, waiting)
        elif event.kind == "failed sync":
            # They reach the disk now, in part, or never.
            _apply_some(self.kept.setdefault(event.path, bytearray()), waiting, self.chance)
        elif event.path in self.kept:
            self.removed[event.path] = self.kept.pop(event.path)
        waiting.clear()

    def _sync(self, path: Path, waiting: list[Event]) -> None:
        if path not in self.kept:
            # SQLite syncs the folder with the first sync of a journal, and so every removal before.
            self.removed.clear()
        for one in waiting:
            _apply(self.kept.setdefault(path, bytearray()), one)

    def found(self) -> dict[Path, bytes]:
        """The files after the cut."""
        for path, waiting in self.pending.items():
            if waiting and (path in self.kept or self.chance.random() < 0.5):
                _apply_some(self.kept.setdefault(path, bytearray()), waiting, self.chance)
        for path, data in self.removed.items():
            if path not in self.kept and self.chance.random() < 0.5:
                self.kept[path] = data
        return {path: bytes(data) for path, data in self.kept.items()}


def _apply(data: bytearray, event: Event) -> None:
    if event.kind == "truncate":
        del data[event.at :]
        data.extend(bytes(event.at - len(data)))
    elif event.kind == "write":
        data.extend(bytes(max(0, event.at - len(data))))
        data[event.at : event.at + len(event.data)] = event.data


def _apply_some(data: bytearray, events: list[Event], chance: random.Random) -> None:
    # All or nothing or one torn write at the end are the usual cases; any subset is the worst.
    style = chance.choice(("none", "all", "prefix", "subset"))
    if style == "none":
        return
    last = chance.randrange(len(events)) if events and style == "prefix" else len(events)
    for number, event in enumerate(events[: last + 1]):
        if style == "all" or (number < last and style == "prefix"):
            _apply(data, event)
        elif style == "prefix" or chance.random() < 0.5:
            _apply(data, event) if event.kind == "truncate" else _tear(data, event, chance)


def _tear(data: bytearray, event: Event, chance: random.Random) -> None:
    for at in range(0, len(event.data), SECTOR):
        if chance.random() < 0.6:
            _apply(data, Event("write", event.path, event.at + at, event.data[at : at + SECTOR]))


class Shim:
    """SQLite's default layer for files in this process, with `disk` beside it while there is one."""

    def __init__(self) -> None:
        self.disk: Disk | None = None
        self._library = ctypes.CDLL("libsqlite3.so.0")
        self._library.sqlite3_vfs_find.restype = _P
        self._library.sqlite3_vfs_register.argtypes = (_P, _I)
        self._library.sqlite3_vfs_unregister.argtypes = (_P,)
        self._below_at: int = self._library.sqlite3_vfs_find(None)
        self._below = _Vfs.from_address(self._below_at)
        self._open_below = _OPEN(self._below.open)
        self._delete_below = _DELETE(self._below.delete)
        self._mine = _Vfs()
        ctypes.memmove(ctypes.byref(self._mine), self._below_at, ctypes.sizeof(_Vfs))
        self._mine.name = b"tested-disk"
        self._keep: list[Any] = [_OPEN(self._open), _DELETE(self._delete)]
        # For ever: SQLite calls them for as long as anybody has one of the files open.
        _FOR_EVER.append(self)
        self._mine.open, self._mine.delete = (ctypes.cast(one, _P).value for one in self._keep)
        self._methods: dict[int, _Methods] = {}
        self._files: dict[int, Path] = {}

    @contextmanager
    def installed(self) -> Iterator["Shim"]:
        """Every file that SQLite opens meanwhile passes through here."""
        self._library.sqlite3_vfs_register(ctypes.addressof(self._mine), 1)
        try:
            yield self
        finally:
            self.disk = None
            self._library.sqlite3_vfs_register(self._below_at, 1)
            self._library.sqlite3_vfs_unregister(ctypes.addressof(self._mine))

    def works(self, folder: Path) -> bool:
        """Whether Python's SQLite is the one that was found."""
        self.disk = Disk(folder, {})
        connection = sqlite3.connect(folder / "trial.sqlite")
        connection.execute("CREATE TABLE t (x)")
        connection.close()
        events, self.disk = self.disk.events, None
        return any(event.kind == "sync" for event in events)

    def _disk_of(self, path: Path | None) -> Disk | None:
        disk = self.disk
        return disk if disk is not None and path is not None and path.parent == disk.folder else None

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        result = self._open_below(self._below_at, name, file, flags, out)
        methods_at = _P.from_address(file).value
        if result == 0 and methods_at and name:
            path = ctypes.string_at(name).decode()
            self._files[file] = Path(path)
            _P.from_address(file).value = ctypes.addressof(self._wrapped(methods_at))
        return int(result)

    def _wrapped(self, methods_at: int) -> _Methods:
        if methods_at not in self._methods:
            mine = _Methods()
            below = _Methods.from_address(methods_at)
            ctypes.memmove(ctypes.byref(mine), methods_at, ctypes.sizeof(_Methods))
            write, truncate, sync = _WRITE(below.write), _TRUNCATE(below.truncate), _SYNC(below.sync)
            calls = (
                _WRITE(lambda file, data, size, at: self._write(write, file, data, size, at)),
                _TRUNCATE(lambda file, size: self._truncate(truncate, file, size)),
                _SYNC(lambda file, flags: self._sync(sync, file, flags)),
            )
            self._keep += calls
            mine.write, mine.truncate, mine.sync = (ctypes.cast(one, _P).value for one in calls)
            self._methods[methods_at] = mine
        return self._methods[methods_at]

    def _write(self, below: Any, file: int, data: int, size: int, at: int) -> int:
        path = self._files.get(file)
        disk = self._disk_of(path)
        if disk is None or path is None:
            return int(below(file, data, size, at))
        failure = disk.fail("write", path)
        if failure is not None:
            # Half of it is there all the same.
            size = size // 2
        disk.note(Event("write", path, at, ctypes.string_at(data, size)))
        result = int(below(file, data, size, at))
        return result if failure is None else failure

    def _truncate(self, below: Any, file: int, size: int) -> int:
        path = self._files.get(file)
        disk = self._disk_of(path)
        if disk is not None and path is not None:
            failure = disk.fail("truncate", path)
            if failure is not None:
                return failure
            disk.note(Event("truncate", path, size))
        return int(below(file, size))

    def _sync(self, below: Any, file: int, flags: int) -> int:
        path = self._files.get(file)
        disk = self._disk_of(path)
        if disk is None or path is None:
            return int(below(file, flags))
        failure = disk.fail("sync", path)
        disk.note(Event("sync" if failure is None else "failed sync", path))
        return 0 if failure is None else failure

    def _delete(self, _vfs: int, name: bytes, sync: int) -> int:
        path = Path(name.decode())
        disk = self._disk_of(path)
        if disk is not None:
            failure = disk.fail("delete", path)
            if failure is not None:
                return failure
        result = int(self._delete_below(self._below_at, name, sync))
        if disk is not None and result == 0:
            disk.note(Event("delete", path))
        return result
