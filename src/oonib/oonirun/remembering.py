"""Descriptors that were asked for of late, for probes that ask while the database is away.

Safe from any thread, bounded in memory. What is remembered may be older than the link, never wrong for a
revision.
"""

import threading

from cachetools import LRUCache

from oonib.oonirun.store import Found

_MOST, _MOST_INPUTS = 256, 1_000


class Remembered:
    """The latest few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: LRUCache[tuple[str, str], Found] = LRUCache(_MOST)

    def get(self, link_id: str, revision: str) -> Found | None:
        """What was found when this was last asked."""
        with self._lock:
            return self._found.get((link_id, revision))

    def keep(self, link_id: str, revision: str, found: Found) -> None:
        """Remember it, unless it is one of the few that are large."""
        if sum(len(one["inputs"] or ()) + 1 for one in found.nettests) > _MOST_INPUTS:
            return
        with self._lock:
            self._found[link_id, revision] = found
