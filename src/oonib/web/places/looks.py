"""Answers that pages share: each is looked for in a thread of its own, waited for no longer than a page can.

What comes later is kept for the next visitor; an answer that gets old is shown while a newer one is looked
for. Bounded: threads, answers, their age.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from oonib.errors import OonibError

_KEPT = 400
_AT_ONCE = 12
_FRESH, _OLDEST, _FRESH_FAILURE = 30.0, 300.0, 3.0

Load = Callable[[], Any]
"""Looks for something. What it raises counts as no answer."""


@dataclass(slots=True)
class _Look:
    begun: float
    value: Any = None
    at: float = float("-inf")
    running: bool = True


class Looks:
    """`patience`: seconds that a page waits for all that it asks for together."""

    def __init__(self, *, patience: float = 4.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        self._looks: OrderedDict[Hashable, _Look] = OrderedDict()
        self._running = 0

    def get(self, wanted: Mapping[str, tuple[Hashable, Load]]) -> dict[str, Any]:
        """The answers by name; None for what cannot be had, or not in time. Each is known by a key."""
        with self._changed:
            looks = {name: self._look(key, load) for name, (key, load) in wanted.items()}
            for look in looks.values():
                if look is not None and look.value is None:
                    # Counted from when it began: while something hangs only the first visitor waits for it.
                    left = look.begun + self._patience - self._clock()
                    self._changed.wait_for(lambda one=look: not one.running, max(0.0, left))  # type: ignore[misc]
            return {name: None if look is None else look.value for name, look in looks.items()}

    def _look(self, key: Hashable, load: Load) -> _Look | None:
        look, now = self._looks.get(key), self._clock()
        if look is not None:
            self._looks.move_to_end(key)
            fresh = _FRESH_FAILURE if look.value is None else _FRESH
            if look.running or now - max(look.at, look.begun) < fresh:
                return look
            if now - look.at > _OLDEST:
                look.value = None
        if self._running >= _AT_ONCE:
            return look
        if look is None:
            look = self._looks[key] = _Look(now)
            while len(self._looks) > _KEPT:
                self._looks.popitem(last=False)
        look.begun, look.running = now, True
        self._running += 1
        # A daemon: the end of the process does not wait for a database that hangs.
        threading.Thread(target=self._work, args=(look, load), name="web-places", daemon=True).start()
        return look

    def _work(self, look: _Look, load: Load) -> None:
        value = _attempt(load)
        with self._changed:
            if value is not None:
                look.value, look.at = value, self._clock()
            look.running = False
            self._running -= 1
            self._changed.notify_all()


def _attempt(load: Load) -> Any:
    try:
        return load()
    except OonibError:
        return None
    except Exception as exc:  # noqa: BLE001 - a page says that this is missing; the rest of it stands
        structlog.get_logger("web").error("cannot be shown", what="a part of a place", exc_info=exc)
        return None
