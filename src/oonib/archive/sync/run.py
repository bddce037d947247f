"""A whole copy: listed step by step, fetched by threads, with a bound on what waits."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from oonib.archive.sync.checking import expected_of
from oonib.archive.sync.fetching import WORK, DestinationFailed, Ended, Fetcher, Mismatch
from oonib.archive.sync.listing import Step
from oonib.objects import (
    BadKey,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    ObjectStoreError,
    ObjectStoreUnavailable,
)

_WAITING_EACH = 8
_TRIES = 5


@dataclass(slots=True)
class Summary:
    """What a run did. Sizes in bytes; `problems` by key; not `complete` when it was stopped."""

    files: int = 0
    there: int = 0
    fetched: int = 0
    size: int = 0
    bytes_fetched: int = 0
    share: float = 0.0
    problems: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def __add__(self, other: "Summary") -> "Summary":
        """Both runs together."""
        return Summary(
            self.files + other.files,
            self.there + other.there,
            self.fetched + other.fetched,
            self.size + other.size,
            self.bytes_fetched + other.bytes_fetched,
            other.share,
            self.problems | other.problems,
            self.complete and other.complete,
        )


class Sync:
    """Copies what `steps` list from `store` to `folder` with `jobs` threads.

    `sha256_of` tells the SHA-256 of a key where something knows it. With `check`, files that are there are
    read and compared.
    """

    def __init__(
        self,
        store: ObjectStore,
        folder: Path,
        *,
        jobs: int,
        stopping: threading.Event,
        check: bool = False,
        sha256_of: Callable[[str], str | None] = lambda _key: None,
        report: Callable[[Summary], None] = lambda _summary: None,
        pause: float = 1.0,
    ) -> None:
        self._fetcher = Fetcher(store, folder, stopping, self._came, pause)
        self._jobs = jobs
        self._stopping = stopping
        self._check = check
        self._sha256_of = sha256_of
        self._report = report
        self._lock = threading.Lock()
        self._pause = pause
        self.summary = Summary()

    def missing(self, steps: Sequence[Step]) -> Iterator[ObjectInfo]:
        """What a run would fetch. Fetches nothing. Raises `ObjectStoreError`."""
        for info in self._listed(steps):
            if not self._is_there(info):
                self.summary.fetched += 1
                self.summary.bytes_fetched += info.size
                yield info

    def run(self, steps: Sequence[Step]) -> Summary:
        """Copy everything. Raises `DestinationFailed`, and `ObjectStoreError` when a listing fails.

        An object that cannot be fetched is a problem of the summary and does not hold up the others.
        """
        (self._fetcher.folder / WORK).mkdir(parents=True, exist_ok=True)
        pending: set[Future[None]] = set()
        failed = False
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="sync")
        try:
            for info in self._listed(steps):
                if self._stopping.is_set():
                    break
                pending.add(pool.submit(self._one, info))
                pending = self._reap(pending, self._jobs * _WAITING_EACH)
            self._reap(pending, 1)
        except BaseException:
            # Also for Ctrl-C: the threads are told before they are waited for.
            failed = True
            raise
        finally:
            if failed:
                self._stopping.set()
            pool.shutdown(wait=True, cancel_futures=failed)
        self.summary.complete = not self._stopping.is_set()
        if self.summary.complete and not self.summary.problems:
            self._sweep()
        return self.summary

    def _reap(self, pending: set[Future[None]], most: int) -> set[Future[None]]:
        """Wait until fewer than `most` are under way; raise what ended one of them for good."""
        while True:
            done = {future for future in pending if future.done()}
            for future in done:
                future.result()
            pending -= done
            self._report(self.summary)
            if len(pending) < most:
                return pending
            wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)

    def _listed(self, steps: Sequence[Step]) -> Iterator[ObjectInfo]:
        for number, step in enumerate(steps):
            found = self._patiently(step)
            for at, info in enumerate(found):
                self.summary.files += 1
                self.summary.size += info.size
                self.summary.share = (number + at / len(found)) / len(steps)
                yield info
        self.summary.share = 1.0

    def _patiently(self, step: Step) -> list[ObjectInfo]:
        pause = self._pause
        for _ in range(_TRIES - 1):
            try:
                return list(step())
            except ObjectStoreUnavailable:
                if self._stopping.wait(pause):
                    break
                pause *= 2
        return list(step())

    def _is_there(self, info: ObjectInfo) -> bool:
        expected = expected_of(info, self._sha256_of(info.key))
        there = self._fetcher.is_there(info, expected, check=self._check)
        if there:
            with self._lock:
                self.summary.there += 1
        return there

    def _one(self, info: ObjectInfo) -> None:
        try:
            if self._is_there(info):
                return
            self._fetcher.fetch(info, expected_of(info, self._sha256_of(info.key)))
        except Ended:
            return
        except ObjectNotFound:
            self._note(info.key, "it is gone since it was listed")
        except (Mismatch, BadKey, ObjectStoreError) as exc:
            self._note(info.key, str(exc))
        except OSError as exc:
            raise DestinationFailed(f"{info.key}: {exc.strerror}") from exc
        else:
            with self._lock:
                self.summary.fetched += 1

    def _note(self, key: str, problem: str) -> None:
        with self._lock:
            self.summary.problems[key] = problem.removeprefix(f"{key}: ")

    def _came(self, count: int) -> None:
        with self._lock:
            self.summary.bytes_fetched += count

    def _sweep(self) -> None:
        """Remove what runs before this one left unfinished, of objects that are others by now."""
        for part in (self._fetcher.folder / WORK).glob("*.part"):
            part.unlink(missing_ok=True)
