"""What is left of a removed measurement, one object each: to answer for it without reading the chain.

The chain has the same tombstone, signed; this copy is the way to it.
"""

import msgspec

from oonib.archive.manifests.manifest import BadManifest, Tombstone, canonical
from oonib.model.uid import is_uid
from oonib.objects import ObjectNotFound, ObjectStore

PREFIX = "tombstones"


def tombstone_key(uid: str) -> str:
    """The key of a tombstone."""
    return f"{PREFIX}/{uid}.json"


def read_tombstone(objects: ObjectStore, uid: str) -> Tombstone | None:
    """The tombstone of a measurement, None where it has none. Raises `ObjectStoreError`, `BadManifest`."""
    if not is_uid(uid):
        return None
    try:
        return msgspec.json.decode(objects.get(tombstone_key(uid)), type=Tombstone)
    except ObjectNotFound:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise BadManifest(f"{tombstone_key(uid)}: {exc}") from exc


def write_tombstone(objects: ObjectStore, tombstone: Tombstone) -> None:
    """Store it. Raises `ObjectStoreError`."""
    objects.put(tombstone_key(tombstone.uid), canonical(tombstone))
