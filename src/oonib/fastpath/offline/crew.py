"""The processes of the crew: who has which task, what has arrived, and what happens when one dies or hangs.

A process that ends within a measurement is replaced and its task goes on where it was; the measurement that
ends two of them is a dead letter, as with the daemon's pool. A process sends no more than the pipe takes
before it is read, so the crew works no further ahead than its reader follows.
"""

import ctypes
import multiprocessing
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Self

import structlog

from oonib.archive.reading import Problem
from oonib.fastpath.offline.process import READY, Position, serve
from oonib.fastpath.offline.turns import NoTurns, Turns
from oonib.fastpath.offline.work import Assignment, Batch, Finished, Setup

_TICK_SECONDS = 0.5
_START_SECONDS = 120.0
_MOST_FAILURES = 2
_AHEAD = 4
"""Batches that may wait for their turn, for each process."""

_log = structlog.get_logger("offline")


class CrewBroken(Exception):
    """Processes cannot be started, whatever they are given."""


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    position: Position
    started: float
    ready: bool = False
    work: Assignment | None = None
    late: bool = False


class Crew:
    """`size` processes, started when there is work. Close it, or use it as a context."""

    def __init__(self, setup: Setup, size: int, *, seconds_each: float = 60.0) -> None:
        self._setup = setup
        self._size = size
        self._seconds_each = seconds_each
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._again: deque[Assignment] = deque()
        self._stillborn = 0
        self._drained = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    def run(self, tasks: Iterable[Any], *, ordered: bool = False) -> Iterator[Batch]:
        """The results of all tasks; of one task in order, and with `ordered` the tasks in theirs too.

        `tasks` is read as processes become free. Raises `CrewBroken`.
        """
        waiting: Iterator[Assignment] = (Assignment(number, task) for number, task in enumerate(tasks))
        turns = Turns(_AHEAD * self._size) if ordered else NoTurns()
        self._drained = False
        first = next(waiting, None)
        if first is None:
            return
        waiting = chain((first,), waiting)
        while True:
            while len(self._workers) < self._size:
                self._start()
            full = turns.full
            self._hand_out(None if full else waiting)
            if self._drained and not self._again and all(worker.work is None for worker in self._workers):
                return
            for worker in self._heard(turns.first if full else None):
                for number, batch in self._receive(worker):
                    yield from turns.arrived(number, batch)

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        shared = self._context.RawArray(ctypes.c_double, 2)
        process = self._context.Process(target=serve, args=(self._setup, theirs, shared), daemon=True)
        try:
            process.start()
        except OSError as exc:
            raise CrewBroken(f"processes do not start: {exc}") from exc
        theirs.close()
        self._workers.append(_Worker(process, ours, Position(shared), time.monotonic()))

    def _hand_out(self, waiting: Iterator[Assignment] | None) -> None:
        """Give work to those that are ready and free; one that is not may itself wait for us to read."""
        for worker in list(self._workers):
            if worker.work is not None or not worker.ready:
                continue
            worker.work = self._next(waiting)
            if worker.work is None:
                return
            try:
                worker.pipe.send(worker.work)
            except OSError:
                self._replace(worker)

    def _next(self, waiting: Iterator[Assignment] | None) -> Assignment | None:
        if self._again:
            return self._again.popleft()
        if waiting is None:
            return None
        work = next(waiting, None)
        self._drained = work is None
        return work

    def _heard(self, only: int | None) -> list[_Worker]:
        """Who sent something or died; with `only`, of those that have that task or none."""
        for worker in list(self._workers):
            self._check(worker)
        listened = [
            worker
            for worker in self._workers
            if worker.work is None or only is None or worker.work.number == only
        ]
        found = wait([worker.pipe for worker in listened], _TICK_SECONDS)
        return [worker for worker in listened if worker.pipe in found]

    def _check(self, worker: _Worker) -> None:
        """End a process that hangs; the closed pipe then tells the rest."""
        now = time.monotonic()
        at = worker.position.current()
        hangs = at is not None and now - at[1] > self._seconds_each
        if hangs or (not worker.ready and now - worker.started > _START_SECONDS):
            worker.late = True
            worker.process.kill()

    def _receive(self, worker: _Worker) -> Iterator[tuple[int, Batch]]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._lost(worker)
            return
        if message == READY:
            worker.ready = True
            self._stillborn = 0
            return
        results, finished = message
        work = worker.work
        assert work is not None
        work.skip += len(results)
        if finished is not None:
            worker.work = None
        yield work.number, Batch(work.task, results, finished)

    def _lost(self, worker: _Worker) -> Iterator[tuple[int, Batch]]:
        work = worker.work
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn > self._size:
                raise CrewBroken("scoring processes end as soon as they start")
        if work is not None:
            self._suspect(worker, work)
            if work.failures >= _MOST_FAILURES:
                worker.work = None
                problem = Problem(work.task.name, "reader_crashed", "processes end while they read it")
                yield work.number, Batch(work.task, [], Finished(problem))
        self._replace(worker)

    def _suspect(self, worker: _Worker, work: Assignment) -> None:
        """Note which measurement was under way; the second time it is to blame."""
        at = worker.position.current()
        reason = "scorer_timeout" if worker.late else "scorer_crashed"
        _log.warning("a scoring process ended", task=work.task.name, reason=reason)
        if at is None:
            work.failures += 1
        elif at[0] in work.suspects:
            work.poisoned[at[0]] = reason
        else:
            work.suspects.add(at[0])

    def _replace(self, worker: _Worker) -> None:
        """Forget a process; what it had is the next to be done."""
        self._workers.remove(worker)
        _end(worker)
        if worker.work is not None:
            self._again.append(worker.work)


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()
    worker.process.close()
