"""Charges on their way to the store: one thread of the process writes them, many at once.

A request never waits for the store's lock: what it cost is noted here, counts from that moment for this
process, and is written within a tenth of a second for all others. A process that is killed loses that tenth.
"""

import contextlib
import threading
import time
from collections.abc import Callable

import structlog

from oonib.quota.store import QuotaStore, StoreFailed

_PAUSE_SECONDS = 0.1
_SWEEP_SECONDS = 600.0
_REOPEN_SECONDS = 30.0
_MOST_PENDING = 50_000
_NOTHING = 1e-9

Write = Callable[[QuotaStore, dict[bytes, float]], None]
Note = Callable[[str], None]


class Charging:
    """The thread, its store, and what waits for it."""

    def __init__(
        self,
        open_store: Callable[[], QuotaStore],
        write: Write,
        sweep: Callable[[QuotaStore], object],
        note: Note,
    ) -> None:
        self._open_store = open_store
        self._write = write
        self._sweep = sweep
        self._note = note
        self._lock = threading.Lock()
        self._pending: dict[bytes, float] = {}
        self._wake = threading.Event()
        self._ended = False
        self._store: QuotaStore | None = None
        self._tried = self._swept = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="quota", daemon=True)

    def start(self) -> None:
        """Open the store and begin. Never fails: without a store nobody is limited."""
        self._open()
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and end."""
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        store, self._store = self._store, None
        if store is not None and not self._thread.is_alive():
            store.close()

    @property
    def store(self) -> QuotaStore | None:
        """The open store, if there is one."""
        return self._store

    def pending(self, key: bytes) -> float:
        """Seconds of a key that are not written yet."""
        return self._pending.get(key, 0.0)

    def add(self, key: bytes, seconds: float) -> None:
        """Charge a key. Returns at once."""
        with self._lock:
            if key not in self._pending and len(self._pending) >= _MOST_PENDING:
                self._note("overrun")
                return
            self._pending[key] = self._pending.get(key, 0.0) + seconds
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(_SWEEP_SECONDS)
            self._wake.clear()
            if not self._ended:
                time.sleep(_PAUSE_SECONDS)
            self._settle()
        self._settle()

    def _settle(self) -> None:
        # A copy: until it is written the old amounts still count, and others are added meanwhile.
        with self._lock:
            taken = dict(self._pending)
        try:
            store = self._usable()
            if store is not None:
                self._work(store, taken)
        except StoreFailed as exc:
            self._failed(exc)
        finally:
            self._forget(taken)

    def _work(self, store: QuotaStore, taken: dict[bytes, float]) -> None:
        if taken:
            self._write(store, taken)
        if store.is_crowded or time.monotonic() - self._swept >= _SWEEP_SECONDS:
            self._swept = time.monotonic()
            self._sweep(store)

    def _forget(self, written: dict[bytes, float]) -> None:
        with self._lock:
            for key, seconds in written.items():
                left = self._pending[key] - seconds
                if left > _NOTHING:
                    self._pending[key] = left
                else:
                    del self._pending[key]

    def _usable(self) -> QuotaStore | None:
        store = self._store
        if store is not None and store.is_replaced():
            self._note("replaced")
            self._store = None
            store.close()
            self._open()
        elif store is None and time.monotonic() - self._tried >= _REOPEN_SECONDS:
            self._open()
        return self._store

    def _open(self) -> None:
        self._tried = time.monotonic()
        try:
            self._store = self._open_store()
        except StoreFailed as exc:
            self._failed(exc)
            return
        if self._store.healed:
            self._note("healed")

    def _failed(self, exc: StoreFailed) -> None:
        self._note(exc.reason)
        structlog.get_logger("quota").warning("quotas not kept", reason=exc.reason, cause=repr(exc.__cause__))
        store = self._store
        if store is None:
            return
        if exc.reason == "full":
            with contextlib.suppress(StoreFailed):
                store.clear()
            return
        # Whatever is wrong with it, opening looks at all of the file and puts it aside if it must.
        self._store = None
        store.close()
