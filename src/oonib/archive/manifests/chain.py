"""The chain of a collector's manifests in the object store: reading it, and making it longer by one.

A manifest is stored by a conditional put under the next number, which is the compare-and-swap: of two who
would continue the same checkpoint one gets the number, and the other sees it and goes on from there. What is
stored is never changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from oonib.archive.manifests.errors import ManifestError
from oonib.archive.manifests.manifest import (
    LARGEST,
    BadManifest,
    Body,
    Head,
    Manifest,
    Scoring,
    canonical,
    checkpoint_for,
    head_key,
    hour_key,
    hours_folder,
    manifest_key,
)
from oonib.archive.manifests.signing import Signer
from oonib.objects import ObjectExists, ObjectNotFound, ObjectStore


class ChainBroken(ManifestError):
    """What is stored does not continue what is known of the chain; nothing is added to it."""


@dataclass(frozen=True, slots=True)
class Position:
    """The end of a chain: the number of the next manifest and the hash of the latest checkpoint."""

    sequence: int = 0
    previous: str = ""


class Chain:
    """One collector's chain."""

    def __init__(
        self, objects: ObjectStore, collector: str, reach: Callable[[str], None] = lambda _point: None
    ) -> None:
        self._objects = objects
        self.collector = collector
        self._reach = reach

    def read(self, sequence: int) -> Manifest | None:
        """A manifest, None where there is none yet. Raises `BadManifest` and `ObjectStoreError`."""
        key = manifest_key(self.collector, sequence)
        data = bytearray()
        try:
            for piece in self._objects.stream(key):
                data += piece
                if len(data) > LARGEST:
                    raise BadManifest(f"{key} has more than {LARGEST} bytes")
        except ObjectNotFound:
            return None
        return Manifest.decode(bytes(data))

    def follow(self, position: Position) -> Iterator[tuple[Manifest, Position]]:
        """What follows on a position, each with the position after it. Raises `ChainBroken`."""
        while True:
            try:
                found = self.read(position.sequence)
            except BadManifest as exc:
                raise ChainBroken(f"{manifest_key(self.collector, position.sequence)}: {exc}") from exc
            if found is None:
                return
            if found.checkpoint.previous != position.previous:
                raise ChainBroken(f"{found.key} does not follow on the manifest before it")
            position = Position(position.sequence + 1, found.checkpoint.hash)
            yield found, position

    def head(self) -> Head | None:
        """The latest checkpoint as the store tells it. Raises `BadManifest` and `ObjectStoreError`."""
        try:
            return msgspec.json.decode(self._objects.get(head_key(self.collector)), type=Head)
        except ObjectNotFound:
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise BadManifest(str(exc)) from exc

    def append(
        self, body: Body, *, at: Position, hour: str, scoring: Scoring, signer: Signer
    ) -> Manifest | None:
        """Store the manifest that continues `at`; None when somebody else's has that number.

        Raises `ObjectStoreError`; the same call again settles what became of it.
        """
        checkpoint = checkpoint_for(
            body,
            collector=self.collector,
            sequence=at.sequence,
            hour=hour,
            previous=at.previous,
            scoring=scoring,
            public_key=signer.public_key,
        )
        made = Manifest(body, checkpoint, signer.sign(canonical(checkpoint)))
        data = made.encode()
        try:
            self._objects.put_new(made.key, data)
        except ObjectExists:
            # A try whose answer was lost may have stored these very bytes.
            if self._objects.get(made.key) != data:
                return None
        self._reach("archive.after_manifest")
        return made

    def point(self, manifest: Manifest) -> None:
        """Have the head name this manifest, and its hour lead to it. The numbers decide; these are ways in.

        Raises `ObjectStoreError`.
        """
        checkpoint = manifest.checkpoint
        way = canonical(Head(checkpoint, manifest.signature))
        self._objects.put(hour_key(self.collector, checkpoint.hour, checkpoint.sequence), way)
        self._objects.put(head_key(self.collector), way)

    def of_hour(self, hour: str) -> Iterator[Manifest]:
        """The manifests of an hour, the earliest first. Raises `BadManifest` and `ObjectStoreError`."""
        for info in self._objects.list(hours_folder(self.collector, hour)):
            number = info.key.rpartition("/")[2].removesuffix(".json")
            found = self.read(int(number)) if number.isdecimal() else None
            if found is not None:
                yield found

    def latest(self) -> int:
        """The number of the latest manifest, -1 where there is none. Raises as `of_hour` does."""
        head = self.head()
        sequence = -1 if head is None else head.checkpoint.sequence
        # The head is written after the manifest.
        while self._objects.head(manifest_key(self.collector, sequence + 1)) is not None:
            sequence += 1
        return sequence
