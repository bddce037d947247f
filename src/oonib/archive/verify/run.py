"""One verification: chains, then cans, then rows; differences in their order as they are found."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from oonib.archive.manifests import Tombstone
from oonib.archive.reading import Problem
from oonib.archive.verify.chains import ChainReader, Chains
from oonib.archive.verify.differences import CanChecked
from oonib.archive.verify.rows import RowComparison
from oonib.archive.verify.selecting import CanTask, Selection
from oonib.fastpath.offline import Batch, Crew, Result
from oonib.fastpath.reprocess.job import Job
from oonib.objects import ObjectStore

_OF_THE_PROCESS = frozenset({"scorer_crashed", "scorer_timeout"})


@dataclass(slots=True)
class VerifySummary:
    """What was read and found. `first` is the first difference; `differences` counts all by reason."""

    manifests: int = 0
    cans: int = 0
    measurements: int = 0
    bytes: int = 0
    rescored: int = 0
    same_rows: int = 0
    other_fingerprints: int = 0
    share: float = 0.0
    keys: dict[str, str] = field(default_factory=dict)
    removed: list[Tombstone] = field(default_factory=list)
    differences: Counter[str] = field(default_factory=Counter)
    first: Problem | None = None


class Verification:
    """Verifies an archive with a crew. `rows` None: published rows are not compared."""

    def __init__(
        self,
        objects: ObjectStore,
        crew: Crew,
        *,
        job: Job | None,
        trusted: tuple[str, ...] = (),
        rows: RowComparison | None = None,
        scored: bool = False,
        found: Callable[[Problem], None] = lambda _problem: None,
        report: Callable[[VerifySummary], None] = lambda _summary: None,
    ) -> None:
        self._objects = objects
        self._crew = crew
        self._job = job
        self._trusted = trusted
        self._rows = rows
        self._scored = scored
        self._found = found
        self._report = report
        self.summary = VerifySummary()

    def run(self) -> VerifySummary:
        """All of it. Raises `ObjectStoreError`, `CrewBroken`, `WarehouseError`, `RowsAway`."""
        reader = ChainReader(self._objects, self._trusted)
        for problem in reader.read():
            self._differs(problem)
        chains = reader.found
        self.summary.manifests, self.summary.keys = chains.manifests, chains.keys
        self.summary.removed = chains.tombstones
        for batch in self._crew.run(self._tasks(chains), ordered=True):
            self._receive(batch)
            self._report(self.summary)
        if self._rows is not None:
            for problem in self._rows.flush():
                self._differs(problem)
            self.summary.same_rows = self._rows.same
            self.summary.other_fingerprints = self._rows.other_fingerprints
        return self.summary

    def _tasks(self, chains: Chains) -> Iterator[CanTask]:
        for item in Selection(self._objects, chains, self._job, scored=self._scored):
            if isinstance(item, Problem):
                self._differs(item)
            else:
                yield item

    def _receive(self, batch: Batch) -> None:
        outcomes = []
        for item in batch.results:
            if isinstance(item, CanChecked):
                self._checked(item)
            elif isinstance(item, Problem):
                self._differs(item)
            else:
                outcomes.append((item.place, item.outcome))
                self._scored_one(item)
        for problem in self._rows.take(outcomes) if self._rows is not None else ():
            self._differs(problem)
        if batch.finished is not None:
            self.summary.share += batch.task.share
            if batch.finished.failed is not None:
                self._differs(batch.finished.failed)

    def _scored_one(self, result: Result) -> None:
        self.summary.rescored += 1
        if result.outcome.reason in _OF_THE_PROCESS:
            self._differs(Problem(result.place, result.outcome.reason, result.outcome.uid))

    def _checked(self, item: CanChecked) -> None:
        self.summary.cans += 1
        self.summary.bytes += item.size
        self.summary.measurements += item.lines

    def _differs(self, problem: Problem) -> None:
        self.summary.first = self.summary.first or problem
        self.summary.differences[problem.reason] += 1
        self._found(problem)
