"""How full the spool may get, and how full it is. Looks at the file system at most once a second."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oonib.spool.errors import SpoolFull

_GIB = 1024**3
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When the spool refuses, and how long it remembers.

    `max_bytes` caps the spool's own data. `disk_reserve` is what stays free on the disk, in bytes (None:
    2 % of it, at most 1 GiB). Resubmissions are recognised for `digest_days`.
    """

    max_bytes: int = 20 * _GIB
    disk_reserve: int | None = None
    digest_days: int = 8

    def reserve(self, disk_total: int) -> int:
        """Free bytes below which nothing is accepted any more."""
        return min(_GIB, disk_total // 50) if self.disk_reserve is None else self.disk_reserve


class Room:
    """Says no before the disk does."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._looked = 0.0
        self._problem: str | None = None

    def check(self, used: Callable[[], int]) -> None:
        """Raise `SpoolFull` when the cap or the reserve is reached. `used` tells the bytes of live data."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self._problem = self.problem(used())
        if self._problem is not None:
            raise SpoolFull(self._problem)

    def problem(self, used: int) -> str | None:
        """Why nothing can be accepted, or None."""
        free, reserve = self._disk()
        if used > self._limits.max_bytes:
            return f"the spool holds {used} bytes, its cap is {self._limits.max_bytes}"
        if free < reserve:
            return f"{free} bytes are free on the disk, {reserve} are kept in reserve"
        return None

    def warning(self, used: int) -> str | None:
        """Why that is near: seven eighths of the cap, or twice the reserve. None while it is not."""
        free, reserve = self._disk()
        if used > self._limits.max_bytes // 8 * 7:
            return f"the spool holds {used} bytes of at most {self._limits.max_bytes}"
        if free < 2 * reserve:
            return f"{free} bytes are free on the disk, submissions stop at {reserve}"
        return None

    def _disk(self) -> tuple[int, int]:
        disk = shutil.disk_usage(self._folder)
        return disk.free, self._limits.reserve(disk.total)
