"""New fingerprints without a pause: the pool of a new set is made ready while the old one goes on scoring.

A thread looks at the tables, loads a set that has changed, starts its processes and waits until they can
score. Only then is the pool handed over, between two batches. A set that cannot be built leaves the old one
in use and is tried again at the next look. There are two pools only from the start of the new processes to
the end of the old ones.
"""

import threading
from collections.abc import Callable

import structlog

from oonib.fastpath.pool import ScorersBroken, ScoringPool
from oonib.metrics import Metrics
from oonib.reference.fingerprints import fingerprints_version, load_fingerprints
from oonib.scoring import FingerprintSet
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Selects

_SETTLED_SECONDS = 1.0
"""The two tables are exchanged one after the other: a version counts when it is still there after this."""

_log = structlog.get_logger("fastpath")


class Renewal:
    """The successor of the pool in use, when there is one. `every`: seconds between two looks."""

    def __init__(
        self,
        warehouse: Selects,
        build: Callable[[FingerprintSet], ScoringPool],
        metrics: Metrics,
        *,
        every: float,
    ) -> None:
        self._warehouse = warehouse
        self._build = build
        self._metrics = metrics
        self._every = every
        self._in_use = ""
        self._version = ""
        self._building: ScoringPool | None = None
        self._ready: ScoringPool | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fingerprints", daemon=True)

    def start(self, in_use: ScoringPool) -> None:
        """Begin to look for sets other than that of `in_use`."""
        self._in_use = in_use.snapshot_id
        self._thread.start()

    def take(self) -> ScoringPool | None:
        """The pool of a new set, ready to score: once, and then the caller's to close."""
        with self._lock:
            ready, self._ready = self._ready, None
            if ready is not None:
                self._in_use = ready.snapshot_id
            return ready

    def close(self) -> None:
        """End the thread, and the processes of a pool that nobody took."""
        self._ending.set()
        with self._lock:
            for pool in (self._building, self._ready):
                if pool is not None:
                    pool.kill()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(self._every):
            if self._ready is None:
                self._look_safely()

    def _look_safely(self) -> None:
        try:
            self._look()
        except WarehouseError as exc:
            _log.warning("fingerprints cannot be read, the old ones stay", problem=str(exc)[:300])
        except Exception:  # noqa: BLE001 - without this thread new fingerprints would never come, and nobody would know
            self._metrics.reloads.labels("failed").inc()
            _log.exception("fingerprints cannot be renewed, the old ones stay")

    def _look(self) -> None:
        version = fingerprints_version(self._warehouse)
        if version == self._version or self._ending.wait(min(_SETTLED_SECONDS, self._every)):
            return
        fingerprints = load_fingerprints(self._warehouse)
        if fingerprints is None or fingerprints_version(self._warehouse) != version:
            return
        if fingerprints.snapshot_id == self._in_use or self._prepare(fingerprints):
            self._version = version

    def _prepare(self, fingerprints: FingerprintSet) -> bool:
        _log.info("new fingerprints", snapshot=fingerprints.snapshot_id)
        pool = self._build(fingerprints)
        with self._lock:
            if self._ending.is_set():
                pool.kill()
                return False
            self._building = pool
        ready = self._warmed(pool)
        with self._lock:
            self._building, self._ready = None, pool if ready else None
        return ready

    def _warmed(self, pool: ScoringPool) -> bool:
        try:
            pool.warm()
        except ScorersBroken as exc:
            if not self._ending.is_set():
                self._metrics.reloads.labels("failed").inc()
                _log.error("the old fingerprints stay", snapshot=pool.snapshot_id, problem=str(exc))
            return False
        return True
