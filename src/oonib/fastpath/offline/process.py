"""What runs inside a process of the crew: take a task, read it, score it, send batches of results.

The process tells in shared memory which measurement it is at, so that its end can be laid at the right door.
"""

import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from oonib.archive.reading import Found, Problem
from oonib.fastpath.offline.identity import made_uid
from oonib.fastpath.offline.work import Assignment, Finished, Reader, Result, Setup
from oonib.fastpath.worker import Outcome, score_stored
from oonib.lifeline import follow_parent
from oonib.scoring import Matcher

READY = "ready"
_BATCH_RESULTS = 500
_BATCH_BYTES = 1024 * 1024
_ROW_BYTES = 600
"""What a row has besides its scores, about."""

_SCORES = 8
_EARLY_SECONDS = 2.0
"""A slow task shows what it has after so long."""


class Position:
    """Which measurement of its task a process is at, in two numbers of shared memory."""

    def __init__(self, shared: Any) -> None:
        self._shared = shared

    def begin(self, number: int) -> None:
        """This measurement is next."""
        self._shared[0] = number
        self._shared[1] = time.monotonic()

    def end(self) -> None:
        """It is done."""
        self._shared[1] = 0.0

    def current(self) -> tuple[int, float] | None:
        """The number of the measurement under way and the monotonic time when it began."""
        number, began = self._shared[0], self._shared[1]
        return (int(number), began) if began else None


def serve(setup: Setup, pipe: Connection, shared: Any) -> None:
    """Work until the other side of the pipe closes or sends None."""
    # A terminal's Ctrl-C reaches the whole group; the parent decides when its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_parent()
    matcher = Matcher.build(setup.fingerprints, setup.semantics)
    reader = setup.reader()
    position = Position(shared)
    try:
        pipe.send(READY)
        while (assignment := pipe.recv()) is not None:
            for results, finished in batches(assignment, reader, matcher, position):
                pipe.send((results, finished))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def batches(
    assignment: Assignment, reader: Reader, matcher: Matcher, position: Position
) -> Iterator[tuple[list[Result | Problem], Finished | None]]:
    """Read and score one task. Whatever the task holds, it ends with a `Finished`."""
    results: list[Result | Problem] = []
    size, began = 0, time.monotonic()
    end = Finished()
    try:
        for number, item in enumerate(reader(assignment.task)):
            if number < assignment.skip:
                continue
            result = (
                item if isinstance(item, Problem) else _score(number, item, assignment, matcher, position)
            )
            results.append(result)
            size += _size(result)
            if len(results) >= _BATCH_RESULTS or size >= _BATCH_BYTES or _is_late(began):
                yield results, None
                results, size, began = [], 0, time.monotonic()
    except Exception as exc:  # noqa: BLE001 - files of strangers; one must never end the rest
        detail = f"{type(exc).__name__}: {exc}"[:500]
        end = Finished(Problem(assignment.task.name, "unreadable_file", detail))
    yield results, end


def _is_late(began: float) -> bool:
    return time.monotonic() - began > _EARLY_SECONDS


def _score(number: int, found: Found, assignment: Assignment, matcher: Matcher, position: Position) -> Result:
    if number in assignment.poisoned:
        # It is not touched again, so its size stays unknown.
        uid = found.uid or made_uid(found.body)
        return Result(found.place, Outcome(number, uid, "dead_letter", assignment.poisoned[number]), 0.0, 0)
    began = time.perf_counter()
    position.begin(number)
    outcome = score_stored(number, found.uid or made_uid(found.body), found.body, matcher)
    position.end()
    return Result(found.place, outcome, time.perf_counter() - began, len(found.body))


def _size(result: Result | Problem) -> int:
    if isinstance(result, Problem) or result.outcome.row is None:
        return _ROW_BYTES
    return _ROW_BYTES + len(result.outcome.row[_SCORES])
