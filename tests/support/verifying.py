"""Verification of a folder without processes, and an archive worth verifying."""

import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from oonib.archive.reading import Problem
from oonib.archive.verify import Verification, VerifySummary
from oonib.archive.verify.checking import check_can
from oonib.fastpath.offline import Batch, Finished
from oonib.fastpath.reprocess import Job
from oonib.objects import ObjectStore

from support.archiving import START
from support.manifests import Sealed


class Here:
    """Does the work of a crew in this process, without scoring."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def run(self, tasks: Iterable[Any], *, ordered: bool = False) -> Iterator[Batch]:
        """As the crew has it."""
        assert ordered
        for task in tasks:
            found: list[Any] = [item for item in check_can(self._store, task) if isinstance(item, Problem)]
            yield Batch(task, found, Finished())


def verify(root: Path, *trusted: str, job: Job | None = None) -> tuple[VerifySummary, list[Problem]]:
    """The summary and all differences, in order."""
    store = ObjectStore.open(str(root), data_dir=None)
    found: list[Problem] = []
    crew: Any = Here(store)
    verification = Verification(store, crew, job=job, trusted=trusted, found=found.append)
    return verification.run(), found


def archive(folder: Path) -> Sealed:
    """Three hours of two countries, with a late arrival and a post that is no measurement."""
    made = Sealed(folder)
    for hour in range(3):
        made.add(4, hours=hour)
    made.pack(START + timedelta(hours=4))
    made.add(2, hours=0, ccs=("IT",), report_id="late")
    made.pack(START + timedelta(hours=4))
    return made


def copied(root: Path, to: Path) -> Path:
    """Another folder with the same objects."""
    shutil.copytree(root, to)
    return to
