"""Which URLs the test lists have in a category: one copy for all streams of a process, read now and then."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

_KEPT_SECONDS = 600.0

Listed = Iterable[tuple[str, str]]
"""Category and URL, of any list."""


class Categories:
    """The URLs of categories. `load` reads the lists and may raise; safe from any thread."""

    def __init__(self, load: Callable[[], Listed], clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._urls: Mapping[str, Collection[str]] = {}

    def of(self, codes: Sequence[str]) -> list[Collection[str]]:
        """The URLs of each of these categories that any list has. Raises what `load` raises."""
        with self._lock:
            if self._clock() - self._read_at > _KEPT_SECONDS:
                found: dict[str, set[str]] = defaultdict(set)
                for code, url in self._load():
                    found[code].add(url)
                self._urls, self._read_at = found, self._clock()
            return [self._urls[code] for code in codes if code in self._urls]
