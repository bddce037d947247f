"""Locks that hold between threads and processes of a host, and end with their holder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK = 0.02


class Busy(Exception):
    """Somebody else held the lock for too long."""


@contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of a file, for which `seconds` are waited at most. Raises `Busy`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        until = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Busy(path.name) from None
                time.sleep(_LOOK)
        yield
    finally:
        # Closing lets go of it.
        os.close(descriptor)
