"""The loop: read a batch after the mark, score it, write its rows, move the mark with the counts.

One batch is under way at a time, so memory is bounded by a batch whatever waits in the spool. A pool for new
fingerprints is made ready by `renewal` and taken between two batches.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import structlog

from oonib.fastpath.pool import ScorersBroken, ScoringPool
from oonib.fastpath.renewal import Renewal
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
_BACKLOG_SECONDS = 10.0
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
        fingerprints_seconds: float = _FINGERPRINTS_SECONDS,
    ) -> None:
        self._spool = spool
        self._warehouse = warehouse
        self._metrics = metrics
        self._stopping = stopping
        self._scorers = scorers
        self._semantics: Semantics = semantics
        self._reach = reach
        self._waits_for = ""
        self._counted = 0.0
        self._renewal = Renewal(warehouse, self._pool, metrics, every=fingerprints_seconds)
        self._writer = Writer(warehouse, spool.id, metrics, stopping, reach)

    def run(self) -> None:
        """Work until asked to stop."""
        pool = self._first_pool()
        if pool is None:
            return
        self._renewal.start(pool)
        try:
            while not self._stopping.is_set():
                pool = self._renewed(pool)
                self._turn(pool)
        except Stopped:
            _log.info("stopped while a batch waited for ClickHouse; it is scored again at the next start")
        finally:
            self._renewal.close()
            pool.close()

    def _turn(self, pool: ScoringPool) -> None:
        """One batch with its pause. Raises `Stopped`."""
        started = time.monotonic()
        worked = False
        try:
            worked = self.step(pool)
        except SpoolBusy as exc:
            _log.warning("the spool is busy, trying again", problem=str(exc))
        except ScorersBroken as exc:
            _log.error("scoring waits", problem=str(exc))
            self._stopping.wait(_BROKEN_SECONDS)
        least = _LEAST_SECONDS_A_BATCH if worked else _IDLE_SECONDS
        self._stopping.wait(max(0.0, started + least - time.monotonic()))

    def step(self, pool: ScoringPool) -> bool:
        """One batch; False when nothing waited. Raises `Stopped`, `SpoolError`, `ScorersBroken`."""
        entries = self._spool.after(self._spool.mark(), limit=_BATCH_ROWS, max_bytes=_BATCH_BYTES)
        self._count_backlog(idle=not entries)
        if not entries:
            return False
        with self._metrics.score_seconds.time():
            outcomes = pool.score(entries)
        outcomes = self._writer.write(outcomes)
        self._reach("fastpath.before_mark")
        dead = [
            DeadLetter(outcome.seq, outcome.uid, outcome.reason, outcome.detail)
            for outcome in outcomes
            if outcome.kind == "dead_letter"
        ]
        self._spool.settle(entries[-1].seq, tallies(outcomes), dead)
        self._reach("fastpath.after_mark")
        self._count(outcomes)
        return True

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        tests: Counter[str] = Counter()
        seconds: defaultdict[str, float] = defaultdict(float)
        matches: Counter[str] = Counter()
        for outcome in outcomes:
            self._metrics.scored.labels(outcome.kind, outcome.reason).inc()
            if outcome.kind == "scored":
                tests[outcome.test] += 1
                seconds[outcome.test] += outcome.seconds
                matches.update(outcome.matches)
        for test, n in tests.items():
            self._metrics.tests.labels(test).inc(n)
            self._metrics.test_seconds.labels(test).inc(seconds[test])
        for location, n in matches.items():
            self._metrics.matches.labels(location).inc(n)

    def _count_backlog(self, *, idle: bool) -> None:
        now = time.monotonic()
        if idle:
            self._metrics.backlog.set(0)
        elif now - self._counted > _BACKLOG_SECONDS:
            self._counted = now
            self._metrics.backlog.set(self._spool.status().unscored)

    def _first_pool(self) -> ScoringPool | None:
        # Scoring without fingerprints would publish web_connectivity unconfirmed: rather wait.
        while not self._stopping.is_set():
            fingerprints = self._fingerprints()
            if fingerprints is not None:
                pool = self._pool(fingerprints)
                self._show(pool)
                return pool
            self._stopping.wait(0.5)
        return None

    def _pool(self, fingerprints: FingerprintSet) -> ScoringPool:
        return ScoringPool(fingerprints, self._semantics, self._scorers)

    def _renewed(self, pool: ScoringPool) -> ScoringPool:
        """The pool to score the next batch with."""
        successor = self._renewal.take()
        if successor is None:
            return pool
        pool.close()
        self._metrics.reloads.labels("done").inc()
        self._show(successor)
        return successor

    def _show(self, pool: ScoringPool) -> None:
        _log.info("fingerprints in use", snapshot=pool.snapshot_id, **pool.counts)
        self._metrics.snapshot.set(int(pool.snapshot_id[:12], 16))
        for kind, n in pool.counts.items():
            self._metrics.fingerprints.labels(kind).set(n)

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
