"""The loop: read a batch after the mark, score it, write its rows, move the mark with the counts.

One batch is under way at a time, so memory is bounded by a batch whatever waits in the spool.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from oonib.fastpath.pool import ScorersBroken, ScoringPool
from oonib.fastpath.worker import Outcome
from oonib.fastpath.writer import Stopped, Writer
from oonib.metrics import Metrics
from oonib.reference.fingerprints import load_fingerprints
from oonib.scoring import FingerprintSet, Semantics
from oonib.spool import DeadLetter, Spool, SpoolBusy, Tally
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseError

_BATCH_ROWS = 1000
_BATCH_BYTES = 64 * 1024 * 1024
_LEAST_SECONDS_A_BATCH = 1.0
"""Small batches cost as much as large ones: under light load rows wait this long for company."""
_IDLE_SECONDS = 0.1
_FINGERPRINTS_SECONDS = 60.0
_BROKEN_SECONDS = 5.0
_log = structlog.get_logger("fastpath")


class Fastpath:
    """The daemon of one spool. `stopping` ends it after the batch under way."""

    def __init__(
        self,
        spool: Spool,
        warehouse: Warehouse,
        metrics: Metrics,
        stopping: threading.Event,
        *,
        scorers: int,
        semantics: Semantics,
        reach: Callable[[str], None],
    ) -> None:
        self._spool = spool
        self._warehouse = warehouse
        self._metrics = metrics
        self._stopping = stopping
        self._scorers = scorers
        self._semantics: Semantics = semantics
        self._reach = reach
        self._waits_for = ""
        self._writer = Writer(warehouse, spool.id, metrics, stopping, reach)

    def run(self) -> None:
        """Work until asked to stop."""
        pool = self._first_pool()
        looked = time.monotonic()
        while pool is not None and not self._stopping.is_set():
            started = time.monotonic()
            try:
                worked = self.step(pool)
            except Stopped:
                break
            except SpoolBusy as exc:
                _log.warning("the spool is busy, trying again", problem=str(exc))
                worked = False
            except ScorersBroken as exc:
                _log.error("scoring waits", problem=str(exc))
                worked = False
                self._stopping.wait(_BROKEN_SECONDS)
            if time.monotonic() - looked > _FINGERPRINTS_SECONDS:
                looked = time.monotonic()
                pool = self._refreshed(pool)
            least = _LEAST_SECONDS_A_BATCH if worked else _IDLE_SECONDS
            self._stopping.wait(max(0.0, started + least - time.monotonic()))
        if pool is not None:
            pool.close()

    def step(self, pool: ScoringPool) -> bool:
        """One batch; False when nothing waited. Raises `Stopped`, `SpoolError`, `ScorersBroken`."""
        entries = self._spool.after(self._spool.mark(), limit=_BATCH_ROWS, max_bytes=_BATCH_BYTES)
        if not entries:
            return False
        outcomes = self._writer.write(pool.score(entries))
        self._reach("fastpath.before_mark")
        dead = [
            DeadLetter(outcome.seq, outcome.uid, outcome.reason, outcome.detail)
            for outcome in outcomes
            if outcome.kind == "dead_letter"
        ]
        self._spool.settle(entries[-1].seq, tallies(outcomes), dead)
        self._reach("fastpath.after_mark")
        for outcome in outcomes:
            self._metrics.scored.labels(outcome.kind, outcome.reason).inc()
        return True

    def _first_pool(self) -> ScoringPool | None:
        # Scoring without fingerprints would publish web_connectivity unconfirmed: rather wait.
        while not self._stopping.is_set():
            fingerprints = self._fingerprints()
            if fingerprints is not None:
                return ScoringPool(fingerprints, self._semantics, self._scorers)
            self._stopping.wait(0.5)
        return None

    def _refreshed(self, pool: ScoringPool) -> ScoringPool:
        fingerprints = self._fingerprints()
        if fingerprints is None or fingerprints.snapshot_id == pool.snapshot_id:
            return pool
        _log.info("new fingerprints", snapshot=fingerprints.snapshot_id)
        pool.close()
        return ScoringPool(fingerprints, self._semantics, self._scorers)

    def _fingerprints(self) -> FingerprintSet | None:
        try:
            fingerprints = load_fingerprints(self._warehouse)
        except WarehouseError as exc:
            self._wait_for(f"fingerprints cannot be read: {exc}"[:300])
            return None
        if fingerprints is None:
            self._wait_for("no fingerprints are loaded yet; `oonib jobs run fingerprints --once` loads them")
        return fingerprints

    def _wait_for(self, problem: str) -> None:
        if problem != self._waits_for:
            self._waits_for = problem
            _log.warning(problem)


def tallies(outcomes: Sequence[Outcome]) -> list[Tally]:
    """The ledger's lines for a batch, one for each hour, outcome and reason."""
    counts = Counter((outcome.uid[:10], outcome.kind, outcome.reason) for outcome in outcomes)
    return [Tally(hour, kind, reason, n) for (hour, kind, reason), n in counts.items()]
