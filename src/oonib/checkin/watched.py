"""A local file that somebody else edits: read again when it changed, the last good state kept."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

_Value = TypeVar("_Value")
_Mark = tuple[int, ...]

_LARGEST = 4 * 1024 * 1024
_UNSEEN: _Mark = (-1,)


class WatchedFile(Generic[_Value]):
    """The file at `path` as `parse` understands it, which raises `ValueError` for what it cannot use.

    `setting` names it in logs; `note` is told the setting and `ok` or `failed` each time it was read. The
    message of the error is logged, so it may hold nothing that is secret. Safe from any thread. The file is
    looked at every `seconds` at most.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[bytes], _Value],
        *,
        setting: str,
        note: Callable[[str, str], None],
        seconds: float = 1.0,
    ) -> None:
        self._path = path
        self._parse = parse
        self._setting = setting
        self._note = note
        self._seconds = seconds
        self._lock = threading.Lock()
        self._due = 0.0
        self._mark = _UNSEEN
        self._value: _Value | None = None

    @property
    def setting(self) -> str:
        """The name of the setting that says where the file is."""
        return self._setting

    def current(self) -> _Value | None:
        """The last state of the file that could be used; None while there was none."""
        with self._lock:
            if time.monotonic() >= self._due:
                self._look()
                self._due = time.monotonic() + self._seconds
            return self._value

    def _look(self) -> None:
        # A state that could not be used is remembered as well, so that it is named once and not at each look.
        mark = _mark_of(self._path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._value = self._parse(_read(self._path))
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else str(exc)
            structlog.get_logger("checkin").error(
                "file cannot be used", setting=self._setting, reason=reason, kept=self._value is not None
            )
            self._note(self._setting, "failed")
        else:
            self._note(self._setting, "ok")


def _mark_of(path: Path) -> _Mark:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def _read(path: Path) -> bytes:
    # A named pipe or a device would keep the reader waiting, or never end.
    if path.exists() and not path.is_file():
        raise ValueError("not a file")
    with path.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise ValueError(f"larger than {_LARGEST} bytes")
    return raw
