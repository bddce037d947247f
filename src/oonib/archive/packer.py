"""The hourly packing of the spool: plan, build, upload, index, manifest, release (fastpath contract 11).

A state machine over the spool's record of cans. Each step is recorded only after the one before is durable
outside, so a run after a crash at any point repeats the missing steps under the same names. What cannot be
read never stops a run; what is away now is left for the next one and named.
"""

import contextlib
import dataclasses
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import structlog

from oonib.archive.building import BuiltCan, build_can
from oonib.archive.gunzip import BadArchive
from oonib.archive.indexing import index_cans
from oonib.archive.manifests import ManifestError, Manifests
from oonib.archive.planning import batches, closed_before, free_number, name_of
from oonib.archive.summary import PackProblem, PackSummary, UnreadablePost
from oonib.archive.uploading import KeyTaken, UploadSpoilt, upload_can
from oonib.metrics.archive import ArchiveMetrics
from oonib.model.uid import BadUid
from oonib.objects import ObjectStore, ObjectStoreError, ObjectStoreUnavailable
from oonib.spool import Can, CanState, Group, Spool, SpoolError
from oonib.warehouse.errors import WarehouseError, WarehouseTimeout, WarehouseUnavailable
from oonib.warehouse.ports import Rows

_AWAY: dict[type[Exception], tuple[type[Exception], ...]] = {
    ObjectStoreUnavailable: (ObjectStoreUnavailable,),
    WarehouseUnavailable: (WarehouseUnavailable, WarehouseTimeout),
}
_CANS_AT_ONCE = 64
_LINES_AT_ONCE = 20_000
"""Cans whose rows go into the index together: an insert costs as much for one line as for thousands."""

_PATIENCE = 2
"""How often something may be away in one run before it is not asked again."""


class PackerBusy(Exception):
    """Another packer is at work on this spool."""


class NotTried(Exception):
    """What the step needs was away too often in this run."""


class StepFailed(Exception):
    """A step of one can did not work."""

    def __init__(self, step: str, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.step = step
        self.cause = cause


class Packer:
    """Packs one host's spool. `collector` goes into every name and must be this host's alone.

    `work_dir` belongs to the same spool: its lock keeps a second packer out, cans are built in it. `turn` is
    held during a run and keeps packers of other hosts out that have the same `collector` by mistake. With
    `manifests`, posts leave the spool only when their can is in a manifest.
    """

    def __init__(
        self,
        spool: Spool,
        objects: ObjectStore,
        warehouse: Rows,
        *,
        collector: str,
        work_dir: Path,
        reach: Callable[[str], None] = lambda _point: None,
        manifests: Manifests | None = None,
        metrics: ArchiveMetrics | None = None,
        turn: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self._spool = spool
        self._objects = objects
        self._warehouse = warehouse
        self._collector = collector
        self._cans_dir = work_dir / "cans"
        self._lock_path = work_dir / "packer.lock"
        self._reach = reach
        self._manifests = manifests
        self._metrics = metrics or ArchiveMetrics()
        self._turn = turn
        self._log = structlog.get_logger("archive")

    def pack(
        self, now: datetime, *, include_current: bool = False, grace: timedelta = timedelta(minutes=10)
    ) -> PackSummary:
        """Finish what earlier runs left, then pack every hour that is closed at `now` (aware).

        Hour H is closed at H + 1 h + `grace`; with `include_current` all hours are. Raises `PackerBusy`, and
        `SpoolError` when the record of cans itself cannot be read.
        """
        before = closed_before(now, include_current=include_current, grace=grace)
        with self._alone(), self._turn(), self._metrics.run_seconds.time():
            run = _Run(self._metrics)
            for can in self._spool.cans.unfinished():
                self._carry(can, run)
            self._settle(run)
            for _, groups in groupby(self._spool.cans.waiting(before), lambda group: group.hour):
                for group in groups:
                    self._pack_group(group, run)
                self._settle(run)
            return self._close(run, before)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the spool's packer, with an empty work folder."""
        self._lock_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(lock)
            # What lies here was being built when a run died; it is built again from the spool.
            shutil.rmtree(self._cans_dir, ignore_errors=True)
            self._cans_dir.mkdir(exist_ok=True, mode=0o700)
            yield
        finally:
            os.close(lock)

    def _close(self, run: "_Run", before: str) -> PackSummary:
        summary = run.summary
        unfinished = self._spool.cans.unfinished()
        summary.unscored = sum(can.state is CanState.INDEXED for can in unfinished)
        summary.left = len(unfinished) - summary.unscored
        summary.waiting = sum(group.count for group in self._spool.cans.waiting(before))
        self._show(summary)
        return summary

    def _show(self, summary: PackSummary) -> None:
        status = self._spool.status()
        self._metrics.cans_left.set(summary.left)
        self._metrics.waiting.set(status.unarchived)
        self._metrics.oldest.set(status.oldest_unarchived or 0.0)

    def _pack_group(self, group: Group, run: "_Run") -> None:
        for seqs in batches(self._spool.cans, group):
            try:
                with run.step("plan", needs=ObjectStoreUnavailable):
                    can = self._plan(group, seqs)
            except StepFailed as failed:
                run.failed(f"{group.hour}_{group.cc}_{group.test}", failed)
                return
            run.summary.planned += 1
            self._carry(can, run)

    def _plan(self, group: Group, seqs: list[int]) -> Can:
        number = free_number(self._spool.cans, self._objects, group, self._collector)
        can = self._spool.cans.plan(group, self._collector, number, seqs)
        self._reach("archive.after_plan")
        return can

    def _carry(self, can: Can, run: "_Run") -> None:
        """Take a can into the archive, as far as it goes today."""
        try:
            if can.state in (CanState.PLANNED, CanState.UPLOADED):
                self._archive(can, run)
        except StepFailed as failed:
            run.failed(can.name, failed)

    def _settle(self, run: "_Run") -> None:
        """Put what is uploaded into index and manifests, then let it go from the spool; each can once."""
        self._index(run)
        cans = [
            can
            for can in self._spool.cans.unfinished()
            if can.state is CanState.INDEXED and can.id not in run.settled
        ]
        run.settled.update(can.id for can in cans)
        left = self._seal(cans, run)
        for can in cans:
            try:
                if can.name in left:
                    raise StepFailed("manifest", left[can.name])
                with run.step("release"):
                    self._release(can, run)
            except StepFailed as failed:
                run.failed(can.name, failed)

    def _seal(self, cans: list[Can], run: "_Run") -> Mapping[str, Exception]:
        """The cans that are in no manifest, by name, and why."""
        if self._manifests is None or not cans:
            return {}
        try:
            with run.step("manifest", needs=ObjectStoreUnavailable):
                sealed = self._manifests.seal(name_of(can) for can in cans)
        except StepFailed as failed:
            return {can.name: failed.cause for can in cans}
        run.summary.manifests += len(sealed.made)
        return sealed.left

    def _archive(self, can: Can, run: "_Run") -> None:
        """Build, upload and index. A can that was uploaded before is built again: the rows come from it."""
        with run.step("build", needs=ObjectStoreUnavailable):
            members = self._spool.cans.members(can)
            built = build_can(name_of(can), members, can.members, self._cans_dir)
            self._reach("archive.after_build")
        try:
            with run.step("upload"):
                can, built = self._upload(can, built, run)
                if self._manifests is not None:
                    self._manifests.note(built)
        finally:
            built.remove()
        if run.is_uploaded(can, built):
            self._index(run)

    def _upload(self, can: Can, built: BuiltCan, run: "_Run") -> tuple[Can, BuiltCan]:
        """Have the can in the store, under another number if somebody else has its name."""
        try:
            sent = upload_can(self._objects, built, self._reach)
        except KeyTaken as exc:
            if not exc.foreign or can.state is not CanState.PLANNED:
                raise
            can = self._renumber(can, exc)
            built = dataclasses.replace(built, name=name_of(can))
            sent = upload_can(self._objects, built, self._reach)
        self._reach("archive.after_upload")
        run.summary.bytes_uploaded += sent
        self._metrics.bytes.inc(sent)
        if can.state is CanState.PLANNED:
            run.summary.uploaded += 1
            can = self._advance(can, CanState.UPLOADED)
        return can, built

    def _renumber(self, can: Can, taken: KeyTaken) -> Can:
        group = Group(can.hour, can.cc, can.test, can.members)
        number = free_number(self._spool.cans, self._objects, group, self._collector)
        self._log.warning(
            "another archiver uses this collector_id; the can gets another number",
            collector_id=self._collector,
            number=number,
            problem=str(taken),
        )
        self._metrics.renumbered.inc()
        renumbered = self._spool.cans.renumber(can, number)
        self._reach("archive.after_renumber")
        return renumbered

    def _index(self, run: "_Run") -> None:
        """Have the rows of what is uploaded in the index."""
        uploaded, run.uploaded = run.uploaded, []
        if not uploaded:
            return
        try:
            with run.step("index", needs=WarehouseUnavailable):
                counts = index_cans(self._warehouse, [built for _, built in uploaded])
                self._reach("archive.after_index")
                for (can, built), count in zip(uploaded, counts, strict=True):
                    self._indexed(can, built, count, run)
        except StepFailed as failed:
            for can, _ in uploaded:
                run.failed(can.name, failed)

    def _indexed(self, can: Can, built: BuiltCan, count: int, run: "_Run") -> None:
        self._advance(can, CanState.INDEXED)
        run.summary.indexed += 1
        run.summary.measurements += count
        unreadable = [UnreadablePost(line.uid, line.problem) for line in built.lines if line.problem]
        run.summary.unreadable += unreadable
        self._metrics.postcans.inc()
        self._metrics.measurements.inc(len(built.lines))
        self._metrics.unreadable.inc(len(unreadable))
        self._log.info("can archived", can=can.name, measurements=count, unreadable=len(unreadable))

    def _release(self, can: Can, run: "_Run") -> None:
        self._reach("archive.before_release")
        if self._spool.cans.release(can):
            run.summary.released += 1
        self._reach("archive.after_release")

    def _advance(self, can: Can, state: CanState) -> Can:
        self._spool.cans.advance(can, state)
        return dataclasses.replace(can, state=state)


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ObjectStoreUnavailable, "store_away"),
    (ObjectStoreError, "store_refused"),
    (WarehouseUnavailable, "warehouse_away"),
    (WarehouseTimeout, "warehouse_away"),
    (WarehouseError, "warehouse_refused"),
    (SpoolError, "spool"),
    (KeyTaken, "key_taken"),
    (UploadSpoilt, "upload_spoilt"),
    (ManifestError, "manifest"),
    (BadArchive, "damaged"),
    (BadUid, "damaged"),
    (NotTried, "not_tried"),
    (OSError, "disk"),
)


def reason_of(cause: Exception) -> str:
    """The word for a failure in the metrics."""
    return next(reason for kind, reason in _REASONS if isinstance(cause, kind))


_FAILURES = tuple(kind for kind, _ in _REASONS)


class _Run:
    """One run: what it has done so far, and what it has given up asking."""

    def __init__(self, metrics: ArchiveMetrics) -> None:
        self.summary = PackSummary()
        self.settled: set[int] = set()
        self.uploaded: list[tuple[Can, BuiltCan]] = []
        self._metrics = metrics
        self._away: dict[type[Exception], int] = {}
        self._log = structlog.get_logger("archive")

    def is_uploaded(self, can: Can, built: BuiltCan) -> bool:
        """Note a can that waits for the index; whether enough of them wait."""
        self.uploaded.append((can, built))
        lines = sum(len(one.lines) for _, one in self.uploaded)
        return len(self.uploaded) >= _CANS_AT_ONCE or lines >= _LINES_AT_ONCE

    @contextlib.contextmanager
    def step(self, name: str, needs: type[Exception] | None = None) -> Iterator[None]:
        """Name the step in what goes wrong; do not start it when what it `needs` was away too often."""
        started = time.monotonic()
        try:
            if needs is not None and self._away.get(needs, 0) >= _PATIENCE:
                raise NotTried(f"{needs.__name__} before in this run")
            yield
        except _FAILURES as exc:
            raise StepFailed(name, exc) from exc
        self._metrics.step_seconds.labels(name).observe(time.monotonic() - started)

    def failed(self, can: str, failure: StepFailed) -> None:
        """Note a failure and go on."""
        for kind, signs in _AWAY.items():
            if isinstance(failure.cause, signs):
                self._away[kind] = self._away.get(kind, 0) + 1
        self._metrics.failures.labels(failure.step, reason_of(failure.cause)).inc()
        self.summary.problems.append(PackProblem(can, failure.step, str(failure)))
        self._log.warning("can left", can=can, step=failure.step, problem=str(failure))


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PackerBusy("another packer is at work on this spool") from None
