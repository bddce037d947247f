"""Whether this host is so far behind that measurements are better sent to another one."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from oonib.spool import SpoolError, Status

_LOOK_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class BacklogLimits:
    """Unscored entries, and the age in seconds of the oldest of them, beyond which a host is behind."""

    entries: int
    seconds: float


class SpoolBacklog:
    """Looks at the spool at most every two seconds, beside the event loop, however many ask."""

    def __init__(self, look: Callable[[], Status], limits: BacklogLimits) -> None:
        self._look = look
        self._limits = limits
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._problem: str | None = None

    async def problem(self) -> str | None:
        """Why nothing should be sent here for now, or None."""
        if time.monotonic() < self._until or self._lock.locked():
            # While somebody looks, the answer of a moment ago is good enough.
            return self._problem
        async with self._lock:
            self._problem = await asyncio.to_thread(self._found)
            self._until = time.monotonic() + _LOOK_EVERY
        return self._problem

    def _found(self) -> str | None:
        try:
            status = self._look()
        except SpoolError as exc:
            return f"the spool cannot be read: {exc}"
        age = status.oldest_unscored or 0.0
        if status.unscored > self._limits.entries or age > self._limits.seconds:
            return f"scoring is behind: {status.unscored} measurements wait, the oldest for {age:.0f} s"
        return None
