"""One run: select, hand out, count, and give what comes back to a sink.

Owns the order of things and the summary. What a sink does with rows is its own business.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import structlog

from oonib.archive.reading import Problem
from oonib.fastpath.offline import Batch, Crew, Result
from oonib.fastpath.reprocess.checkpoint import DoneFile
from oonib.fastpath.reprocess.job import Job
from oonib.fastpath.reprocess.reading import ArchiveFile
from oonib.fastpath.reprocess.selection import Selected
from oonib.fastpath.worker import Outcome
from oonib.scoring import FASTPATH_COLUMNS

_CC = FASTPATH_COLUMNS.index("probe_cc")
_TEST = FASTPATH_COLUMNS.index("test_name")
_LOOKED_UP = 64
"""Files of lines whose uids are looked up together."""

_MOST_FAILURES = 10
"""Files in a row that cannot be fetched: then it is the store, and asking on would take for ever."""

_OF_THE_PROCESS = frozenset({"scorer_crashed", "scorer_timeout"})
_log = structlog.get_logger("reprocess")


class Sink(Protocol):
    """Takes what the crew makes of files."""

    ordered: bool

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Scored measurements of one file."""

    def finish(self, done: DoneFile) -> None:
        """All of a file was given to `take`."""

    def close(self) -> None:
        """Everything was given: on return all of it has taken effect."""


UidsOf = Callable[[Sequence[str]], Mapping[str, Mapping[int, str]]]
"""Looks up the uids of files of lines: key to line number to uid."""


@dataclass(slots=True)
class Summary:
    """What a run did. `problems` by reason; each was logged with its place when it came up."""

    files: int = 0
    skipped: int = 0
    measurements: int = 0
    json_bytes: int = 0
    share: float = 0.0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    complete: bool = True


@dataclass(slots=True)
class _Open:
    """A file under way."""

    selected: Selected
    measurements: int = 0
    rows: int = 0
    problems: int = 0


class Run:
    """Scores the files of a job with a crew. `stopping` ends it after the files under way."""

    def __init__(
        self,
        job: Job,
        crew: Crew,
        sink: Sink,
        *,
        uids_of: UidsOf,
        is_done: Callable[[str, int], bool],
        stopping: threading.Event,
        report: Callable[[Summary], None],
    ) -> None:
        self._job = job
        self._crew = crew
        self._sink = sink
        self._uids_of = uids_of
        self._is_done = is_done
        self._stopping = stopping
        self._report = report
        self._open: dict[str, _Open] = {}
        self._failures = 0
        self.summary = Summary()

    def run(self, selection: Iterable[Selected]) -> Summary:
        """Everything of `selection`. Raises what the selection, the crew and the sink raise."""
        for batch in self._crew.run(self._tasks(selection), ordered=self._sink.ordered):
            self._receive(batch)
            self._report(self.summary)
        self._sink.close()
        self._report(self.summary)
        return self.summary

    def _tasks(self, selection: Iterable[Selected]) -> Iterator[ArchiveFile]:
        rest = iter(selection)
        while group := list(islice(rest, _LOOKED_UP)):
            uids = self._uids_of([one.key for one in group if one.lines])
            for one in group:
                if self._stopping.is_set() or self._failures >= _MOST_FAILURES:
                    self.summary.complete = False
                    return
                if self._is_done(one.key, one.size):
                    self.summary.skipped += 1
                    self.summary.share += one.share
                    continue
                self._open[one.key] = _Open(one)
                yield ArchiveFile(one.key, uids.get(one.key, {}) if one.lines else None)

    def _receive(self, batch: Batch) -> None:
        state = self._open[batch.task.name]
        outcomes = [outcome for item in batch.results if (outcome := self._counted(item, state)) is not None]
        self._sink.take(outcomes)
        if batch.finished is None:
            return
        if batch.finished.failed is not None:
            self._problem(batch.finished.failed, state)
        self._finish(state, failed=batch.finished.failed is not None)

    def _counted(self, item: Result | Problem, state: _Open) -> Outcome | None:
        """Count one; its outcome where it has a row that is wanted."""
        if isinstance(item, Problem):
            self._problem(item, state)
            return None
        outcome = item.outcome
        if state.selected.legacy and not self._wanted(outcome.row):
            return None
        state.measurements += 1
        self.summary.measurements += 1
        self.summary.json_bytes += item.size
        if outcome.row is None:
            self.summary.outcomes[outcome.kind, outcome.reason] += 1
            if outcome.reason in _OF_THE_PROCESS:
                self._problem(Problem(item.place, outcome.reason, outcome.uid), state)
            return None
        self.summary.outcomes["scored", ""] += 1
        state.rows += 1
        return outcome

    def _wanted(self, row: tuple[Any, ...] | None) -> bool:
        return row is None or self._job.wants(row[_CC], row[_TEST])

    def _problem(self, problem: Problem, state: _Open) -> None:
        state.problems += 1
        self.summary.problems[problem.reason] += 1
        _log.warning("problem", place=problem.place, reason=problem.reason, detail=problem.detail[:300])

    def _finish(self, state: _Open, *, failed: bool) -> None:
        one = state.selected
        del self._open[one.key]
        self.summary.files += 1
        self.summary.share += one.share
        self._failures = self._failures + 1 if failed else 0
        # A file that could not be read may be readable the next time.
        if not failed:
            self._sink.finish(DoneFile(one.key, one.size, state.measurements, state.rows, state.problems))
