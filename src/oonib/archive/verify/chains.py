"""The chains of an archive, read from their first manifest to the last.

Finds what is missing, changed, out of order or signed by another, and gives what the manifests add up to:
which of them belong to a day, and what was removed since. Of a manifest nothing else is kept.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from oonib.archive.manifests import BadManifest, Manifest, ObjectEntry, Tombstone, is_signed
from oonib.archive.manifests.chain import Chain
from oonib.archive.manifests.manifest import Head, canonical, folder_of, head_key, hour_key, manifest_key
from oonib.archive.manifests.tombstones import PREFIX as TOMBSTONES
from oonib.archive.manifests.tombstones import tombstone_key
from oonib.archive.reading import Problem
from oonib.archive.verify.differences import difference
from oonib.objects import ObjectNotFound, ObjectStore

_FOLDER_RE = re.compile(r"n([A-Za-z0-9]+)", re.ASCII)
_NUMBER_RE = re.compile(r"(\d{10})\.json", re.ASCII)
_WAY_RE = re.compile(r"hours/\d{10}/(\d{10})\.json", re.ASCII)


@dataclass(slots=True)
class Chains:
    """What the chains say. `days` maps `YYYYMMDD` to collectors and numbers of manifests."""

    days: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    replaced: dict[str, ObjectEntry] = field(default_factory=dict)
    removed: dict[str, dict[int, Tombstone]] = field(default_factory=lambda: defaultdict(dict))
    tombstones: list[Tombstone] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    manifests: int = 0


class ChainReader:
    """Reads every chain of a store. `trusted` are public keys; with none a chain's first key is believed."""

    def __init__(self, objects: ObjectStore, trusted: Collection[str] = ()) -> None:
        self._objects = objects
        self._trusted = trusted
        self.found = Chains()

    def read(self) -> Iterator[Problem]:
        """The differences of all chains; afterwards `found` is complete. Raises `ObjectStoreUnavailable`."""
        collectors = [
            match[1] for name in self._objects.folders("manifests") if (match := _FOLDER_RE.fullmatch(name))
        ]
        if not collectors:
            yield difference(
                "manifests/", "no_chain", "the archive has no manifests: there is nothing to check it by"
            )
        for collector in sorted(collectors):
            yield from _OneChain(self._objects, collector, self._trusted, self.found).read()
        yield from self._tombstones()

    def _tombstones(self) -> Iterator[Problem]:
        known = {one.uid: one for one in self.found.tombstones}
        for info in self._objects.list(TOMBSTONES):
            uid = info.key.rpartition("/")[2].removesuffix(".json")
            signed = known.get(uid)
            if signed is None or info.key != tombstone_key(uid):
                yield difference(info.key, "unknown_object", "no manifest has this tombstone")
            elif _get(self._objects, info.key) != canonical(signed):
                yield difference(info.key, "tombstone_changed", "it is not the one that was signed")


class _OneChain:
    def __init__(self, objects: ObjectStore, collector: str, trusted: Collection[str], found: Chains) -> None:
        self._objects = objects
        self._collector = collector
        self._trusted = trusted
        self._found = found
        self._chain = Chain(objects, collector)
        self._previous: str | None = ""

    def read(self) -> Iterator[Problem]:
        numbers, told, odd = self._listed()
        following = 0
        for number in sorted(numbers | told):
            if following < number:
                yield self._gap(following, number)
            following = number + 1
            if number in numbers:
                yield from self._manifest(number, way=number in told)
            else:
                yield self._gap(number, following)
        yield from odd

    def _gap(self, first: int, end: int) -> Problem:
        self._previous = None
        count = end - first
        detail = "the chain has a gap" if count == 1 else f"the chain has a gap of {count}"
        return difference(manifest_key(self._collector, first), "manifest_missing", detail)

    def _listed(self) -> tuple[set[int], set[int], list[Problem]]:
        """The numbers that are there, those that other objects tell of, and what does not belong."""
        numbers: set[int] = set()
        told: set[int] = set()
        odd = []
        folder = folder_of(self._collector)
        for info in self._objects.list(folder):
            rest = info.key.removeprefix(f"{folder}/")
            if match := _NUMBER_RE.fullmatch(rest):
                numbers.add(int(match[1]))
            elif match := _WAY_RE.fullmatch(rest):
                told.add(int(match[1]))
            elif info.key != head_key(self._collector):
                odd.append(difference(info.key, "unknown_object", "it is no part of a chain"))
        last = self._head()
        if isinstance(last, Problem):
            odd.append(last)
        else:
            told.add(last)
        return numbers, told - {-1}, odd

    def _head(self) -> int | Problem:
        """The number that the head tells, -1 where there is none, or what is wrong with it."""
        key = head_key(self._collector)
        try:
            head = self._chain.head()
        except BadManifest as exc:
            return difference(key, "head_changed", str(exc))
        if head is None:
            return -1
        sound = _get(self._objects, key) == canonical(head)
        if not sound or not is_signed(canonical(head.checkpoint), head.signature, head.checkpoint.public_key):
            return difference(key, "head_changed", "it is not a signed checkpoint")
        if self._way(head.checkpoint.sequence) not in (None, canonical(head)):
            return difference(key, "head_changed", "it is not the checkpoint of its manifest")
        return head.checkpoint.sequence

    def _way(self, number: int) -> bytes | None:
        """What leads to a manifest, None where there is no sound one."""
        try:
            found = self._chain.read(number)
        except BadManifest:
            return None
        return None if found is None else canonical(Head(found.checkpoint, found.signature))

    def _manifest(self, number: int, *, way: bool) -> Iterator[Problem]:
        key = manifest_key(self._collector, number)
        try:
            manifest = self._chain.read(number)
            if manifest is None:
                raise BadManifest("it vanished while the chain was read")
        except BadManifest as exc:
            self._previous = None
            yield difference(key, "manifest_changed", str(exc))
            return
        yield from self._checked(manifest, key, number)
        if way:
            yield from self._way_checked(manifest)
        self._previous = manifest.checkpoint.hash
        self._note(manifest)

    def _checked(self, manifest: Manifest, key: str, number: int) -> Iterator[Problem]:
        checkpoint = manifest.checkpoint
        if (checkpoint.collector, checkpoint.sequence) != (self._collector, number):
            whose = f"number {checkpoint.sequence} of collector {checkpoint.collector}"
            yield difference(key, "manifest_misplaced", f"this is {whose}")
        if self._previous is not None and checkpoint.previous != self._previous:
            yield difference(key, "chain_broken", "it does not follow on the manifest before it")
        if not is_signed(canonical(checkpoint), manifest.signature, checkpoint.public_key):
            yield difference(key, "bad_signature", f"not signed with {checkpoint.public_key}")
        known = self._found.keys.setdefault(self._collector, checkpoint.public_key)
        if self._trusted and checkpoint.public_key not in self._trusted:
            yield difference(key, "foreign_key", f"signed with {checkpoint.public_key}, which is not trusted")
        elif known != checkpoint.public_key and not self._trusted:
            yield difference(key, "foreign_key", f"from here on the key is {checkpoint.public_key}")

    def _way_checked(self, manifest: Manifest) -> Iterator[Problem]:
        checkpoint = manifest.checkpoint
        key = hour_key(self._collector, checkpoint.hour, checkpoint.sequence)
        if _get(self._objects, key) not in (None, canonical(Head(checkpoint, manifest.signature))):
            yield difference(key, "head_changed", "it is not the checkpoint of its manifest")

    def _note(self, manifest: Manifest) -> None:
        found, checkpoint = self._found, manifest.checkpoint
        found.manifests += 1
        days = {checkpoint.hour[:8]} | {can.name[:8] for can in manifest.body.cans}
        for day in days:
            found.days[day].append((self._collector, checkpoint.sequence))
        for tombstone in manifest.body.removed:
            found.tombstones.append(tombstone)
            if tombstone.can:
                found.removed[tombstone.can][tombstone.line] = tombstone
            for entry in tombstone.objects:
                found.replaced[entry.key] = entry


def _get(objects: ObjectStore, key: str) -> bytes | None:
    try:
        return objects.get(key)
    except ObjectNotFound:
        return None
