"""A value that is looked up elsewhere, never waited for longer than a page may take.

One thread of its own does the looking, so a dependency that hangs holds up neither the pages nor the threads
that serve them, and many visitors at once ask it no more often than one would.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a value is `fresh`, how old one may be shown at most (`oldest`); how long requests
    wait for a look when there is an older value to show (`briefly`), and when there is none (`first`).
    """

    fresh: float = 2.0
    oldest: float = 30.0
    briefly: float = 0.05
    first: float = 0.5


class Snapshot(Generic[_Value]):
    """The latest result of `load`. What `load` raises is logged and counts as no value."""

    def __init__(
        self,
        name: str,
        load: Callable[[], _Value],
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._load = load
        self._patience = patience or Patience()
        self._clock = clock
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._asked = float("-inf")
        self._value: _Value | None = None
        self._at = float("-inf")

    def ask(self) -> None:
        """Start looking, unless the value is fresh or a look is under way."""
        with self._changed:
            if self._wanted or self._age() < self._patience.fresh:
                return
            self._wanted, self._asked = True, self._clock()
            if self._thread is None:
                # A daemon: the end of the process does not wait for a dependency that hangs.
                self._thread = threading.Thread(target=self._work, name=f"web-{self._name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def get(self) -> _Value | None:
        """The value, at most `oldest` seconds old, or None while there is none."""
        self.ask()
        with self._changed:
            shown = self._value is not None and self._age() < self._patience.oldest
            patience = self._patience.briefly if shown else self._patience.first
            # Counted from when the look began: while something hangs only the first visitor waits for it.
            left = self._asked + patience - self._clock()
            self._changed.wait_for(lambda: not self._wanted, max(0.0, left))
            return self._value if self._age() < self._patience.oldest else None

    def _age(self) -> float:
        return self._clock() - self._at

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            value = self._attempt()
            with self._changed:
                self._value, self._at, self._wanted = value, self._clock(), False
                self._changed.notify_all()

    def _attempt(self) -> _Value | None:
        try:
            return self._load()
        except Exception as exc:  # noqa: BLE001 - a page says that this is missing; the rest of it stands
            structlog.get_logger("web").error("cannot be shown", what=self._name, exc_info=exc)
            return None
