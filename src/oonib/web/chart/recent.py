"""Charts that were drawn a moment ago: one that many people look at is counted once a minute."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

_MOST_CHARTS, _MOST_ROWS = 64, 40_000
"""Charts that are kept, and their rows altogether: these hold some twenty megabytes."""

FRESH = timedelta(seconds=60)
"""As long as the page tells others that they may keep it."""


class Dated(Protocol):
    """Something with the time at which it was made."""

    @property
    def at(self) -> datetime:
        """The time, aware."""


_Made = TypeVar("_Made", bound=Dated)


class Recent(Generic[_Made]):
    """The latest ones by what was asked. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, tuple[_Made, int]] = OrderedDict()
        self._rows = 0

    def get(self, key: Hashable, now: datetime) -> _Made | None:
        """The one that was kept, unless it is too old by now."""
        with self._lock:
            found = self._made.get(key)
            return None if found is None or now - found[0].at > FRESH else found[0]

    def keep(self, key: Hashable, made: _Made, rows: int) -> None:
        """Keep one that has so many rows; the oldest make room."""
        with self._lock:
            self._rows += rows - self._made.pop(key, (made, 0))[1]
            self._made[key] = made, rows
            while len(self._made) > _MOST_CHARTS or self._rows > _MOST_ROWS:
                self._rows -= self._made.popitem(last=False)[1][1]
