"""That a measurement is in the archive: its leaf, the way from there to a signed root.

The tree of an hour has two storeys: lines make the root of a can, roots of cans that of the hour. So a proof
reads one can and one manifest, however large the hour was.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oonib.archive.gunzip import BadArchive
from oonib.archive.manifests import tree
from oonib.archive.manifests.chain import Chain
from oonib.archive.manifests.describing import Leaves, lines_of
from oonib.archive.manifests.manifest import CanEntry, Manifest, Tombstone, name_of, tree_of
from oonib.archive.manifests.tombstones import read_tombstone
from oonib.archive.names import BadCanName, CanName, parse_can_key
from oonib.objects import ObjectStore
from oonib.warehouse.ports import Selects

_PLACE = """
SELECT s3path, linenum FROM jsonl WHERE measurement_uid = {uid:String} ORDER BY update_time DESC LIMIT 1
"""
_KEPT = 4
"""Cans whose leaves are kept: whoever asks for one proof often asks for the next."""


class NotProven(Exception):
    """The archive has the measurement, but what is stored does not agree with its manifest."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The way from a leaf to a signed checkpoint. Both paths begin at the bottom."""

    uid: str
    can: CanEntry
    line: int
    leaf: bytes
    path: list[bytes]
    can_index: int
    can_path: list[bytes]
    manifest: Manifest
    removed: Tombstone | None


class Prover:
    """Proves single measurements. Safe to use from any thread."""

    def __init__(self, warehouse: Selects, objects: ObjectStore) -> None:
        self._warehouse = warehouse
        self._objects = objects
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], list[bytes]] = OrderedDict()

    def prove(self, uid: str) -> Proof | None:
        """The proof for a measurement, None when it is in no manifest (yet).

        Raises `NotProven`, `BadManifest`, `BadArchive`, `ObjectStoreError` and `WarehouseError`.
        """
        removed = read_tombstone(self._objects, uid)
        place = self._place(uid) if removed is None else _of(removed)
        if place is None:
            return None
        name, line = place
        manifests = list(Chain(self._objects, name.collector).of_hour(name.hour))
        found = _with(manifests, name)
        if found is None:
            return None
        manifest, index = found
        can = manifest.body.cans[index]
        leaves = self._leaves(name, _buried(manifests, name))
        if tree.root_of(leaves).hex() != can.root or line >= len(leaves):
            raise NotProven(f"{name.stem} is not what its manifest says")
        path, upper = tree.audit_path(leaves, line), tree.audit_path(tree_of(manifest.body), index)
        return Proof(uid, can, line, leaves[line], path, index, upper, manifest, removed)

    def _place(self, uid: str) -> tuple[CanName, int] | None:
        rows = self._warehouse.select(_PLACE, {"uid": uid})
        try:
            return (parse_can_key(rows[0]["s3path"])[0], int(rows[0]["linenum"])) if rows else None
        except BadCanName:
            # Archived by somebody who makes no manifests.
            return None

    def _leaves(self, name: CanName, buried: Mapping[int, bytes]) -> list[bytes]:
        kept = (name.stem, len(buried))
        with self._lock:
            if kept in self._kept:
                self._kept.move_to_end(kept)
                return self._kept[kept]
        leaves = Leaves(lines_of(self._objects.stream(name.jsonl))).hashes
        for line, leaf in buried.items():
            if line >= len(leaves):
                raise BadArchive(f"{name.jsonl} has {len(leaves)} lines only")
            leaves[line] = leaf
        with self._lock:
            self._kept[kept] = leaves
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return leaves


def proof_as_json(proof: Proof) -> dict[str, Any]:
    """The answer of the API; hashes in hexadecimal."""
    return {
        "measurement_uid": proof.uid,
        "can": proof.can.name,
        "line": proof.line,
        "lines": proof.can.lines,
        "leaf_hash": proof.leaf.hex(),
        "path": [step.hex() for step in proof.path],
        "can_root": proof.can.root,
        "can_index": proof.can_index,
        "cans": proof.manifest.checkpoint.cans,
        "can_path": [step.hex() for step in proof.can_path],
        "root": proof.manifest.checkpoint.root,
        "manifest": proof.manifest.key,
        "manifest_hash": proof.manifest.checkpoint.hash,
        "checkpoint": proof.manifest.checkpoint,
        "signature": proof.manifest.signature,
        "public_key": proof.manifest.checkpoint.public_key,
        "removed": proof.removed,
    }


def _of(tombstone: Tombstone) -> tuple[CanName, int] | None:
    return (name_of(tombstone.can), tombstone.line) if tombstone.can else None


def _with(manifests: list[Manifest], name: CanName) -> tuple[Manifest, int] | None:
    for manifest in manifests:
        for index, can in enumerate(manifest.body.cans):
            if can.name == name.stem:
                return manifest, index
    return None


def _buried(manifests: list[Manifest], name: CanName) -> dict[int, bytes]:
    tombstones = (one for manifest in manifests for one in manifest.body.removed)
    return {one.line: bytes.fromhex(one.leaf) for one in tombstones if one.can == name.stem}
