"""What a crew works on and what it gives back. Plain values that travel between processes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from oonib.archive.reading import Found, Problem
from oonib.fastpath.worker import Outcome
from oonib.scoring import FingerprintSet, Semantics


class Task(Protocol):
    """A piece of work. `name` names it in problems; the reader of the process knows what else it holds."""

    @property
    def name(self) -> str:
        """For problems."""


Reader = Callable[[Any], Iterable[Found | Problem]]
"""Reads one task. What it raises ends that task alone."""


class ReaderFactory(Protocol):
    """Makes the reader of a process, in that process. Picklable."""

    def __call__(self) -> Reader:
        """A reader; called once in each process."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a scoring process is made of."""

    fingerprints: FingerprintSet
    semantics: Semantics
    reader: ReaderFactory


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement: where it was, what became of it, how long that took, bytes of its JSON.

    `outcome.seq` is its number within the task.
    """

    place: str
    outcome: Outcome
    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a task. `failed` is set where it could not be read at all, or not to its end."""

    failed: Problem | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of a task's results, in their order; the last one of a task is `finished`."""

    task: Any
    results: list[Result | Problem]
    finished: Finished | None = None


@dataclass(slots=True)
class Assignment:
    """A task on its way through the crew: how much of it has arrived, and what must not be tried again.

    `skip` counts results that arrived before a crash; `poisoned` maps the number of a measurement to the
    reason why it is a dead letter unseen.
    """

    number: int
    task: Any
    skip: int = 0
    poisoned: dict[int, str] = field(default_factory=dict)
    suspects: set[int] = field(default_factory=set)
    failures: int = 0
