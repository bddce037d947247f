"""Who may ask for more: standing before a request, charge after it.

A request is let through while something is left in all windows and is never cut short; it is charged for
what it took, also where that is more than was left. Where the store fails, everybody is let through, and
that is counted by reason.
"""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oonib.metrics.quota import QuotaMetrics
from oonib.quota.callers import Callers, is_account
from oonib.quota.charging import Charging
from oonib.quota.levels import Levels, Limits, Standing
from oonib.quota.store import QuotaStore, StoreFailed

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """One who pays, and how they stand."""

    key: bytes
    standing: Standing


class Quotas:
    """The quotas of one worker process. Safe from any thread."""

    def __init__(
        self,
        folder: Path,
        callers: Callers,
        *,
        networks: Limits,
        accounts: Limits,
        metrics: QuotaMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._callers = callers
        self._networks = networks
        self._accounts = accounts
        self._metrics = metrics
        self._clock = clock
        self._charging = Charging(lambda: QuotaStore(folder), self._write, self._sweep, self._note)

    def start(self) -> None:
        """Open the store. Until then nobody is limited."""
        self._charging.start()

    def close(self) -> None:
        """Write the last charges."""
        self._charging.close()

    def caller(self, address: str, account: str | None = None) -> Caller | None:
        """Who pays: the account, else the address's network. None where nobody does: unmetered, or the
        store failed."""
        if self._callers.is_unmetered(address):
            return None
        store = self._charging.store
        if store is None:
            self._note("away")
            return None
        key = self._callers.of_address(address) if account is None else self._callers.of_account(account)
        try:
            record = store.get(key)
        except StoreFailed as exc:
            self._note(exc.reason)
            return None
        limits = self._limits(key)
        levels = Levels.decode(record, limits, self._clock())
        return Caller(key, Standing(levels.charged(limits, self._charging.pending(key)), limits))

    def after(self, caller: Caller, seconds: float) -> Standing:
        """How a caller stands once a request that took so long is charged."""
        limits = caller.standing.limits
        return Standing(caller.standing.levels.charged(limits, seconds), limits)

    def charge(self, caller: Caller, seconds: float) -> None:
        """Note what a request took. Returns at once."""
        kind = "account" if is_account(caller.key) else "network"
        self._metrics.seconds.labels(kind).inc(max(seconds, 0.0))
        self._charging.add(caller.key, seconds)

    def refuse(self, caller: Caller) -> None:
        """Count a request that was not let through."""
        self._metrics.refused.labels("account" if is_account(caller.key) else "network").inc()

    def lowest(self) -> list[tuple[str, float]]:
        """The callers with the least left of their day, lowest first: key in hexadecimal, seconds.

        Raises `StoreFailed`.
        """
        store = self._charging.store
        if store is None:
            raise StoreFailed("away")
        now = self._clock()
        days = ((self._levels(key, record, now).left[0], key) for key, record in store.items())
        return [(key.hex(), round(max(left, 0.0), 3)) for left, key in heapq.nsmallest(_MOST_LISTED, days)]

    def _limits(self, key: bytes) -> Limits:
        return self._accounts if is_account(key) else self._networks

    def _levels(self, key: bytes, record: bytes | None, now: float) -> Levels:
        return Levels.decode(record, self._limits(key), now)

    def _write(self, store: QuotaStore, costs: dict[bytes, float]) -> None:
        now = self._clock()

        def charged(key: bytes, record: bytes | None) -> bytes:
            return self._levels(key, record, now).charged(self._limits(key), costs[key]).encode()

        store.change(costs, charged)

    def _sweep(self, store: QuotaStore) -> None:
        now = self._clock()

        def unless_full(key: bytes, record: bytes | None) -> bytes | None:
            return None if self._levels(key, record, now).is_full(self._limits(key)) else record

        def spare(key: bytes, record: bytes) -> float:
            # As a share: accounts and networks may have limits of their own.
            pairs = zip(self._levels(key, record, now).left, self._limits(key).windows, strict=True)
            return min(level / window.limit for level, window in pairs)

        self._metrics.entries.set(store.sweep(unless_full, spare))

    def _note(self, reason: str) -> None:
        self._metrics.failures.labels(reason).inc()
