"""Which cans there are to check, a day at a time: what manifests name held against what is there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from oonib.archive import BadCanName, CanName, parse_can_key
from oonib.archive.manifests import BadManifest, CanEntry, ObjectEntry, Tombstone
from oonib.archive.manifests.chain import Chain
from oonib.archive.manifests.manifest import name_of
from oonib.archive.reading import Problem
from oonib.archive.verify.chains import Chains
from oonib.archive.verify.differences import difference
from oonib.fastpath.reprocess.job import Job
from oonib.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class CanTask:
    """A can to check: what is signed, which of its objects are there, what was removed from it.

    `share` is its part of the whole work. `scored` asks for its measurements as well.
    """

    can: CanEntry
    jsonl: ObjectEntry | None
    postcan: ObjectEntry | None
    removed: tuple[Tombstone, ...] = ()
    share: float = 0.0
    scored: bool = True

    @property
    def name(self) -> str:
        """For problems."""
        return self.can.name


class Selection:
    """The cans of a job. `job` None means everything."""

    def __init__(self, objects: ObjectStore, chains: Chains, job: Job | None, *, scored: bool) -> None:
        self._objects = objects
        self._chains = chains
        self._job = job
        self._scored = scored

    def days(self) -> list[str]:
        """The days to look at, `YYYYMMDD`."""
        found = sorted({*self._chains.days, *self._objects.folders("raw")})
        if self._job is None:
            return found
        first, last = f"{self._job.since:%Y%m%d}", f"{self._job.until:%Y%m%d}"
        return [day for day in found if first <= day <= last]

    def __iter__(self) -> Iterator[CanTask | Problem]:
        """Differences of a day first, then its cans. Raises `ObjectStoreError`."""
        days = self.days()
        for day in days:
            found: list[CanTask | Problem] = list(self._day(day))
            cans = max(sum(isinstance(one, CanTask) for one in found), 1)
            for one in found:
                yield replace(one, share=1 / cans / len(days)) if isinstance(one, CanTask) else one

    def _day(self, day: str) -> Iterator[CanTask | Problem]:
        there = {info.key for info in self._objects.list(f"raw/{day}")} if day.isalnum() else set()
        tasks = []
        for can in self._cans(day):
            entries = [self._chains.replaced.get(entry.key, entry) for entry in can.objects]
            for entry in entries:
                if entry.key not in there:
                    yield difference(
                        entry.key, "object_missing", f"a manifest names it: {can.measurements} measurements"
                    )
            present = {parse_kind(entry.key): entry for entry in entries if entry.key in there}
            there.difference_update(entry.key for entry in entries)
            removed = tuple(self._chains.removed.get(can.name, {}).values())
            jsonl, postcan = present.get("jsonl.gz"), present.get("tar.gz")
            tasks.append(CanTask(can, jsonl, postcan, removed, 0.0, self._scored))
        for key in sorted(there):
            if self._is_wanted(key):
                yield difference(key, "unknown_object", "no manifest names it")
        yield from tasks

    def _cans(self, day: str) -> Iterator[CanEntry]:
        for collector, number in self._chains.days.get(day, ()):
            try:
                manifest = Chain(self._objects, collector).read(number)
            except BadManifest:
                # Told when the chain was read.
                continue
            for can in manifest.body.cans if manifest is not None else ():
                if can.name.startswith(day) and self._wants(name_of(can.name)):
                    yield can

    def _is_wanted(self, key: str) -> bool:
        try:
            return self._wants(parse_can_key(key)[0])
        except BadCanName:
            return True

    def _wants(self, name: CanName) -> bool:
        return self._job is None or (self._job.has_hour(name.hour) and self._job.wants(name.cc, name.test))


def parse_kind(key: str) -> str:
    """`jsonl.gz` or `tar.gz`."""
    return "jsonl.gz" if key.endswith(".jsonl.gz") else "tar.gz"
