"""What a manifest says, and its one and only encoding. Pure.

A manifest is an object of three parts: the `checkpoint`, small and signed; the `signature` over its canonical
JSON; and the `body`, whose hash the checkpoint holds. Canonical JSON: keys sorted, no white space, UTF-8. Any
other bytes than these are no manifest, so a change of one byte never goes unseen.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from oonib.archive.manifests import tree
from oonib.archive.names import BadCanName, CanName, parse_can_key

FORMAT: Final = "oonib-manifest-1"
PREFIX: Final = "manifests"
"""Beside `raw/` and `jsonl/`: tools that list those never see it."""

LARGEST: Final = 256 * 1024 * 1024
"""Bytes that are read of an object that claims to be a manifest."""


class BadManifest(ValueError):
    """The bytes are not a manifest in its one encoding."""


class ObjectEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object of the archive. `sha256` in hexadecimal, `size` in bytes."""

    key: str
    sha256: str
    size: int


class CanEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A can: its two objects, its lines, those of them that are measurements, the root over all lines.

    `root` is that of RFC 6962 over the lines of the `.jsonl.gz` in their order, each without its end.
    """

    name: str
    lines: int
    measurements: int
    root: str
    objects: tuple[ObjectEntry, ...]


class Tombstone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measurement that was removed: whose it was, why, and what is left in its place.

    `leaf` stands for its line in the tree of can `can`. `objects` are those that were written anew, which
    replace what earlier manifests say of them. `removed_at` is a time in UTC, `2026-03-02T10:00:00Z`.
    """

    uid: str
    can: str
    line: int
    leaf: str
    removed_at: str
    removed_by: str
    reason: str
    objects: tuple[ObjectEntry, ...]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a checkpoint vouches for. `counts` are measurements by country and test."""

    cans: tuple[CanEntry, ...] = ()
    counts: dict[str, dict[str, int]] = {}
    removed: tuple[Tombstone, ...] = ()


class Scoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What scores at this time: version of the rules, and snapshot of the fingerprints ("" unknown)."""

    rules: str
    fingerprints: str


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. `root` is that over the roots of the cans; hashes and keys in hexadecimal.

    `previous` is the hash of the checkpoint before, empty for the first; `body` that of the body.
    """

    format: str
    collector: str
    sequence: int
    hour: str
    previous: str
    body: str
    root: str
    cans: int
    measurements: int
    removed: int
    scoring: Scoring
    public_key: str

    @property
    def hash(self) -> str:
        """What the next checkpoint calls `previous`."""
        return sha256(canonical(self))


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The object as it is stored."""

    body: Body
    checkpoint: Checkpoint
    signature: str

    @property
    def key(self) -> str:
        """Where it is stored."""
        return manifest_key(self.checkpoint.collector, self.checkpoint.sequence)

    def encode(self) -> bytes:
        """Its bytes."""
        return canonical(self)

    @classmethod
    def decode(cls, data: bytes) -> "Manifest":
        """Read it back; the body belongs to the checkpoint. Raises `BadManifest`."""
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise BadManifest(str(exc)) from exc
        if found.encode() != data:
            raise BadManifest("it is not in canonical form")
        if sha256(canonical(found.body)) != found.checkpoint.body:
            raise BadManifest("the body is not the one of the checkpoint")
        if _summed_up(found.body) != _told(found.checkpoint):
            raise BadManifest("root or counts of the checkpoint do not follow from the body")
        return found


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The latest checkpoint, as an object of its own."""

    checkpoint: Checkpoint
    signature: str


def checkpoint_for(
    body: Body, *, collector: str, sequence: int, hour: str, previous: str, scoring: Scoring, public_key: str
) -> Checkpoint:
    """The checkpoint of a body."""
    root, cans, measurements, removed = _summed_up(body)
    return Checkpoint(
        FORMAT,
        collector,
        sequence,
        hour,
        previous,
        sha256(canonical(body)),
        root,
        cans,
        measurements,
        removed,
        scoring,
        public_key,
    )


def counted(cans: Iterable[CanEntry]) -> dict[str, dict[str, int]]:
    """Measurements of these cans by country and test, as their names have them. Raises `BadManifest`."""
    counts: dict[str, Counter[str]] = {}
    for can in cans:
        name = name_of(can.name)
        counts.setdefault(name.cc, Counter())[name.test] += can.measurements
    return {cc: dict(tests) for cc, tests in counts.items()}


def name_of(stem: str) -> CanName:
    """The name of a can from the file name of its objects without ending. Raises `BadManifest`."""
    hour, _, rest = stem.partition("_")
    cc, _, rest = rest.partition("_")
    try:
        return parse_can_key(f"raw/{hour[:8]}/{hour[8:]}/{cc}/{rest.partition('.')[0]}/{stem}.jsonl.gz")[0]
    except BadCanName as exc:
        raise BadManifest(f"not the name of a can: {stem[:80]!r}") from exc


def canonical(value: object) -> bytes:
    """The one encoding."""
    return msgspec.json.encode(value, order="sorted")


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def folder_of(collector: str) -> str:
    """Where the manifests of a collector are."""
    return f"{PREFIX}/n{collector}"


def manifest_key(collector: str, sequence: int) -> str:
    """The key of a manifest: numbered, so that the next one is taken by whoever stores it first."""
    return f"{folder_of(collector)}/{sequence:010d}.json"


def head_key(collector: str) -> str:
    """The key of the latest checkpoint."""
    return f"{folder_of(collector)}/head.json"


def hours_folder(collector: str, hour: str) -> str:
    """Where it is told which manifests an hour has."""
    return f"{folder_of(collector)}/hours/{hour}"


def hour_key(collector: str, hour: str, sequence: int) -> str:
    """The key under which an hour leads to a manifest."""
    return f"{hours_folder(collector, hour)}/{sequence:010d}.json"


def tree_of(body: Body) -> list[bytes]:
    """The leaves of the hour's tree: the roots of its cans."""
    try:
        return [tree.leaf_hash(bytes.fromhex(can.root)) for can in body.cans]
    except ValueError as exc:
        raise BadManifest(f"a root is not hexadecimal: {exc}") from exc


def _summed_up(body: Body) -> tuple[str, int, int, int]:
    if counted(body.cans) != body.counts:
        raise BadManifest("the counts are not those of the cans")
    measurements = sum(can.measurements for can in body.cans)
    return tree.root_of(tree_of(body)).hex(), len(body.cans), measurements, len(body.removed)


def _told(checkpoint: Checkpoint) -> tuple[str, int, int, int]:
    return checkpoint.root, checkpoint.cans, checkpoint.measurements, checkpoint.removed
