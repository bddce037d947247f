"""Answers that are kept for a while: asked for many times, made once, bounded.

Owns how long an answer lives here, who waits for whom, and what happens when a new one cannot be made. What a
client may keep is the contract's figure, sent with the answer's age.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from oonib.errors import Timeout, Unavailable
from oonib.measurements.statistics.crew import Crew

BYTES = 64 * 1024 * 1024
"""Of answers kept in a process."""

_SHARE = 200
"""An answer lives at least this many times as long as it took to make, so that one that everybody wants costs
at most half a percent of the time, and a cheap one is always new."""

_SHORTEST = 1.0
_LONG = 1.0
"""Seconds of work from which on an older answer is given while a new one is made."""

_PATIENCE = 25.0
"""Seconds for which somebody waits. What takes longer is made all the same, and there for the next one."""

_WAITING = 256
"""Answers that may be in the making or waiting for it."""

_THREADS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body, the seconds that it may be kept, and how many of them are over."""

    body: bytes
    max_age: int
    age: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    made_at: float
    cost: float


class AnswerCache:
    """Makes answers in threads of its own. Safe from any thread and any event loop. `close` it at the end."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int = BYTES,
        patience: float = _PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._most_bytes = most_bytes
        # A piece of work that fails at once is done before its caller lets go of the lock.
        self._lock = threading.RLock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0
        self._making: dict[Hashable, Future[_Kept]] = {}
        # What reads the whole table must not keep what looks one thing up from being answered.
        self._quick = Crew("statistics-quick", _THREADS)
        self._heavy = Crew("statistics-heavy", _THREADS // 2)

    def close(self) -> None:
        """Make nothing more."""
        self._quick.close()
        self._heavy.close()

    async def answer(
        self, key: Hashable, max_age: int, make: Callable[[], bytes], *, heavy: bool = False
    ) -> Answer:
        """The answer that `key` stands for, at most `max_age` seconds old.

        Whoever asks while it is being made waits for the same one. Where making it takes long, the last one
        is given meanwhile; when it fails for now, the last one is given whatever its age. Raises what `make`
        raises, `Unavailable` when too much is waiting, and `Timeout` for one that is not ready in time.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if self._age(kept) < _life(kept, max_age):
                    return self._as_answer(kept, max_age)
            making = self._making.get(key) or self._start(key, make, heavy=heavy, keep=max_age > 0)
        if kept is not None and kept.cost > _LONG and self._age(kept) < max_age:
            return self._as_answer(kept, max_age)
        try:
            made = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(making)), self._patience)
        except (TimeoutError, Timeout, Unavailable) as problem:
            if kept is not None:
                return Answer(kept.body, 0)
            if isinstance(problem, TimeoutError):
                raise Timeout("It is not ready yet. Try again in a minute.", retry_after=60) from None
            raise
        return self._as_answer(made, max_age)

    def _age(self, kept: _Kept) -> float:
        return self._clock() - kept.made_at

    def _as_answer(self, kept: _Kept, max_age: int) -> Answer:
        return Answer(kept.body, max_age, int(self._age(kept)))

    def _start(self, key: Hashable, make: Callable[[], bytes], *, heavy: bool, keep: bool) -> Future[_Kept]:
        """Holding the lock."""
        if len(self._making) >= _WAITING:
            raise Unavailable("Too many statistics are asked for at once", retry_after=5)
        pool = self._heavy if heavy else self._quick
        made = pool.submit(partial(self._make, key, make, keep))
        self._making[key] = made
        made.add_done_callback(lambda _made: self._done(key))
        return made

    def _make(self, key: Hashable, make: Callable[[], bytes], keep: bool) -> _Kept:
        started = self._clock()
        body = make()
        made = _Kept(body, started, self._clock() - started)
        if keep:
            with self._lock:
                self._keep(key, made)
        return made

    def _done(self, key: Hashable) -> None:
        with self._lock:
            self._making.pop(key, None)

    def _keep(self, key: Hashable, made: _Kept) -> None:
        before = self._kept.pop(key, None)
        self._size += _weight(made) - (0 if before is None else _weight(before))
        self._kept[key] = made
        while self._size > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._size -= _weight(dropped)


def _life(kept: _Kept, max_age: int) -> float:
    return min(max_age, max(_SHORTEST, _SHARE * kept.cost))


def _weight(kept: _Kept) -> int:
    # What the entry takes beside its body, key included, roughly.
    return len(kept.body) + 1000
