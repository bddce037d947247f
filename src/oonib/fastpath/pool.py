"""A pool of scoring processes that one bad measurement cannot take down.

Processes are spawned, never forked. When one dies or hangs, the entries it had are tried again one by one;
the entry that does it again alone is a dead letter, the rest are scored. Processes that cannot even start
(no memory, say) are no entry's fault: then nothing is scored and nothing is blamed. Of several pools in one
process each kills its own scorers only.
"""

import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import structlog

from oonib.fastpath.worker import Outcome, score_entries, start
from oonib.scoring import FingerprintSet, Semantics
from oonib.spool import Entry

_SMALLEST_SHARE = 8
_START_SECONDS = 120.0
_log = structlog.get_logger("fastpath")


class ScorersBroken(Exception):
    """No scoring process could be started. Nothing was scored; try again later."""


class ScoringPool:
    """`size` processes for one set of fingerprints."""

    def __init__(
        self, fingerprints: FingerprintSet, semantics: Semantics, size: int, *, seconds_each: float = 60.0
    ) -> None:
        self.snapshot_id = fingerprints.snapshot_id
        self.counts = {"dns": len(fingerprints.dns), "http": len(fingerprints.http)}
        self._arguments = (fingerprints, semantics)
        self._size = size
        self._seconds_each = seconds_each
        self._executor = self._start()

    def score(self, entries: Sequence[Entry]) -> list[Outcome]:
        """The outcomes of `entries`, in their order. Raises `ScorersBroken`."""
        share = max(_SMALLEST_SHARE, math.ceil(len(entries) / self._size))
        parts = [entries[at : at + share] for at in range(0, len(entries), share)]
        futures = [self._submit(part) for part in parts]
        outcomes: list[Outcome] = []
        failed = False
        for part, future in zip(parts, futures, strict=True):
            try:
                if failed:
                    raise BrokenProcessPool
                outcomes += future.result(self._seconds_each + 0.1 * len(part))
            except (BrokenProcessPool, TimeoutError):
                if not failed:
                    self._restart()
                failed = True
                outcomes += [self._alone(entry) for entry in part]
        return outcomes

    def _submit(self, part: Sequence[Entry]) -> Future[list[Outcome]]:
        try:
            return self._executor.submit(score_entries, part)
        except BrokenProcessPool:
            # A process died while it had nothing to do: the system ended it, no measurement.
            self._restart()
            return self._executor.submit(score_entries, part)

    def _alone(self, entry: Entry) -> Outcome:
        try:
            return self._executor.submit(score_entries, [entry]).result(self._seconds_each)[0]
        except BrokenProcessPool:
            reason = "scorer_crashed"
        except TimeoutError:
            reason = "scorer_timeout"
        _log.error("a measurement took its scoring process down", uid=entry.uid, reason=reason)
        self._restart()
        return Outcome(entry.seq, entry.uid, "dead_letter", reason)

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._size, context, start, self._arguments)

    def warm(self) -> None:
        """Start the processes and wait until they can score. Raises `ScorersBroken`; then none is left."""
        try:
            # Nothing to score shows whether the processes work at all.
            for ready in [self._executor.submit(score_entries, []) for _ in range(self._size)]:
                ready.result(_START_SECONDS)
        except (BrokenProcessPool, CancelledError, TimeoutError, OSError, RuntimeError) as exc:
            self.kill()
            raise ScorersBroken(f"scoring processes do not start: {type(exc).__name__} {exc}") from exc

    def _restart(self) -> None:
        _log.warning("restarting the scoring processes")
        self.kill()
        self._executor = self._start()
        try:
            self.warm()
        except ScorersBroken:
            self._executor = self._start()
            raise

    def kill(self) -> None:
        """End the processes at once, whatever they do; a hung one does not react to less."""
        # As `kill_workers` does, which newer versions of Python have.
        own = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in own:
            process.kill()

    def close(self) -> None:
        """End the processes."""
        self._executor.shutdown(wait=True, cancel_futures=True)
