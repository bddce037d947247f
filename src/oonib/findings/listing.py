"""Answers to searches, as bytes. What anybody may see is kept ready until a finding changes.

Explorer asks for all findings whenever somebody opens their page, and they do not come in pages (management
contract 2.3). Bounded in memory; safe from any thread.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import orjson

from oonib.accounts import Session
from oonib.findings.schema import FindingFilters
from oonib.findings.service import FindingsService

_MOST_BYTES = 32 * 1024 * 1024
_SECONDS = 60.0
_EVERYTHING = FindingFilters().model_dump_json()


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of a search. `tag` is the same for the same bytes."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, found: list[dict[str, Any]]) -> Self:
        """What was found, as it is sent."""
        body = orjson.dumps({"incidents": found})
        return cls(body, hashlib.blake2b(body, digest_size=16).hexdigest())


class Listings:
    """`most_bytes`: of all answers that are ready. `seconds`: until one is made anew, whatever is known of
    changes: somebody may have edited the database by hand."""

    def __init__(
        self,
        service: FindingsService,
        *,
        most_bytes: int = _MOST_BYTES,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._clock = clock
        self._making = threading.Lock()
        self._lock = threading.Lock()
        self._ready: OrderedDict[str, Answer] = OrderedDict()
        self._size = 0
        self._state: int | None = None
        self._until = 0.0

    def answer(self, filters: FindingFilters, caller: Session | None) -> Answer:
        """What the caller may see of the findings that fit. Raises `RecordsUnavailable`."""
        if caller is not None:
            return Answer.of(self._service.search(filters, caller))
        state, key = self._service.state(), filters.model_dump_json()
        ready = self._find(state, key)
        if ready is None and key == _EVERYTHING:
            # Of many who ask for everything at once, one does the work.
            with self._making:
                ready = self._find(state, key) or self._make(state, key, filters)
        return ready or self._make(state, key, filters)

    def _make(self, state: int, key: str, filters: FindingFilters) -> Answer:
        made = Answer.of(self._service.search(filters, None))
        self._keep(state, key, made)
        return made

    def _find(self, state: int, key: str) -> Answer | None:
        with self._lock:
            if state != self._state or self._clock() >= self._until:
                return None
            ready = self._ready.get(key)
            if ready is not None:
                self._ready.move_to_end(key)
            return ready

    def _keep(self, state: int, key: str, answer: Answer) -> None:
        with self._lock:
            now = self._clock()
            if state != self._state or now >= self._until:
                self._ready.clear()
                self._size, self._state, self._until = 0, state, now + self._seconds
            before = self._ready.pop(key, None)
            self._ready[key] = answer
            self._size += _size(key, answer) - (0 if before is None else _size(key, before))
            while self._size > self._most_bytes:
                self._size -= _size(*self._ready.popitem(last=False))


def _size(key: str, answer: Answer) -> int:
    return len(key) + len(answer.body)
