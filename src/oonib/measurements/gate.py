"""How many expensive queries run at a time, so that cheap ones stay quick. Knows nothing of queries."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from oonib.errors import Unavailable

_Item = TypeVar("_Item")
_RETRY_AFTER = 5

Refused = Callable[[str], None]
"""Told of each refusal, with its reason: `crowd`, where no more may even wait, or `patience`."""


def _uncounted(_reason: str) -> None:
    """Nobody counts."""


class Gate:
    """Lets `running` through at a time. `waiting` more wait for `patience` seconds; the rest is refused."""

    def __init__(
        self, running: int, *, waiting: int = 0, patience: float = 0.0, refused: Refused = _uncounted
    ) -> None:
        self._turns = threading.Semaphore(running)
        self._places = threading.Semaphore(running + waiting)
        self._patience = patience
        self._refused = refused

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn for the block. Raises `Unavailable`."""
        if not self._places.acquire(blocking=False):
            self._refused("crowd")
            raise Unavailable("Too many queries wait for their turn", retry_after=_RETRY_AFTER)
        try:
            if not self._turns.acquire(timeout=self._patience):
                self._refused("patience")
                raise Unavailable("Too many queries run just now", retry_after=_RETRY_AFTER)
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def hold(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """The items, in a turn that is taken now and ends with them. Raises `Unavailable`."""
        held = self._held(items)
        next(held)
        return (item for item in held if item is not None)

    def _held(self, items: Iterator[_Item]) -> Generator[_Item | None]:
        with self.turn():
            yield None
            yield from items


class Gates:
    """The two bounds of a process: on queries that work, and on long answers on their way to a client.

    They are apart because a client may take its time over a long answer, and the work is done by then.
    """

    def __init__(
        self,
        heavy: int = 4,
        *,
        waiting: int = 16,
        patience: float = 10.0,
        long: int = 4,
        refused: Refused = _uncounted,
    ) -> None:
        self.heavy = Gate(heavy, waiting=waiting, patience=patience, refused=refused)
        self.long = Gate(long, refused=refused)
