"""Charts that were drawn a moment ago: one that many people look at is counted once a minute."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from cachetools import TLRUCache

_MOST_CHARTS, _MOST_ROWS = 64, 40_000
"""Charts that are kept, and their rows altogether: these hold some twenty megabytes."""

FRESH = timedelta(seconds=60)
"""As long as the page tells others that they may keep it."""


class Drawn(Protocol):
    """Something that was drawn from rows."""

    @property
    def at(self) -> datetime:
        """The time at which it was asked for, aware."""

    @property
    def size(self) -> int:
        """The number of rows."""


_Drawn = TypeVar("_Drawn", bound=Drawn)


class Recent(Generic[_Drawn]):
    """The latest ones by what was asked. `clock`: the time, aware. Safe from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._lock = threading.Lock()
        self._drawn: TLRUCache[Hashable, _Drawn] = TLRUCache(
            _MOST_ROWS, _end, timer=lambda: clock().timestamp(), getsizeof=_weight
        )

    def get(self, key: Hashable) -> _Drawn | None:
        """The one that was kept, unless it is too old by now."""
        with self._lock:
            return self._drawn.get(key)

    def keep(self, key: Hashable, drawn: _Drawn) -> None:
        """Keep one, unless it has more rows than there is room for; others make room."""
        with self._lock, suppress(ValueError):
            self._drawn[key] = drawn


def _end(_key: Hashable, drawn: Drawn, _now: float) -> float:
    return (drawn.at + FRESH).timestamp()


def _weight(drawn: Drawn) -> int:
    return max(drawn.size, _MOST_ROWS // _MOST_CHARTS)
