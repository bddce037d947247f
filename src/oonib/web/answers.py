"""Answers that pages share: each is looked for in a thread of its own, waited for no longer than a page can.

What comes later is kept for the next visitor; an answer that gets old may be shown while a newer one is
looked for. Bounded: threads, answers, their age. What is asked, and how long it is worth, others know.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from cachetools import LRUCache

from oonib.errors import OonibError

Load = Callable[[], Any]
"""Looks for something. None, and what it raises, counts as no answer."""

Wanted = tuple[Hashable, Load]
"""An answer by its key, and how it is looked for where it is not at hand."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers of answers that are `kept` and of threads `at_once`; the rest are seconds.

    `patience`: that a page waits for all it asks for together. An answer is looked for anew when it is no
    longer `fresh`, and not shown once it is `oldest`; that there is none is believed for `failed`.
    """

    kept: int
    at_once: int
    patience: float
    fresh: float
    oldest: float
    failed: float


@dataclass(slots=True)
class _Look:
    begun: float = 0.0
    awaited: float = float("inf")
    """When the first visitor began to wait for it."""
    value: Any = None
    at: float = float("-inf")
    running: bool = False


class Answers:
    """The latest answers to what pages ask. `name` is that of the threads. Safe from any thread."""

    def __init__(self, name: str, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._bounds = bounds
        self._clock = clock
        self._changed = threading.Condition()
        self._looks: LRUCache[Hashable, _Look] = LRUCache(bounds.kept)
        self._running = 0

    def ask(self, wanted: Iterable[Wanted]) -> None:
        """Begin to look, so that the answers come while a page does something else."""
        with self._changed:
            for key, load in wanted:
                self._look(key, load)

    def get(self, wanted: Iterable[Wanted]) -> list[Any]:
        """The answers in the same order; None for what cannot be had, or not in time."""
        with self._changed:
            looks = [self._look(key, load) for key, load in wanted]
            missing = [look for look in looks if look is not None and look.running and look.value is None]
            now = self._clock()
            for look in missing:
                look.awaited = min(look.awaited, now)
            for look in missing:
                self._wait(look)
            return [None if look is None else look.value for look in looks]

    def _wait(self, look: _Look) -> None:
        # Counted from the first visitor: while something hangs nobody else waits for it.
        left = look.awaited + self._bounds.patience - self._clock()
        self._changed.wait_for(lambda: not look.running, max(0.0, left))

    def _look(self, key: Hashable, load: Load) -> _Look | None:
        look, now = self._looks.get(key), self._clock()
        if look is not None:
            fresh = self._bounds.failed if look.value is None else self._bounds.fresh
            if look.running or now - max(look.at, look.begun) < fresh:
                return look
            if now - look.at >= self._bounds.oldest:
                look.value = None
        if self._running >= self._bounds.at_once:
            return look
        if look is None:
            look = self._looks[key] = _Look()
        look.begun, look.awaited, look.running = now, float("inf"), True
        self._running += 1
        # A daemon: the end of the process does not wait for a database that hangs.
        threading.Thread(target=self._work, args=(look, load), name=f"web-{self._name}", daemon=True).start()
        return look

    def _work(self, look: _Look, load: Load) -> None:
        value = self._attempt(load)
        with self._changed:
            if value is not None:
                look.value, look.at = value, self._clock()
            look.running = False
            self._running -= 1
            self._changed.notify_all()

    def _attempt(self, load: Load) -> Any:
        try:
            return load()
        except OonibError:
            return None
        except Exception as exc:  # noqa: BLE001 - a page says that this is missing; the rest of it stands
            structlog.get_logger("web").error("cannot be shown", what=self._name, exc_info=exc)
            return None
