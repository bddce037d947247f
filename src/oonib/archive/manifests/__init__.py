"""Manifests: for each packed hour what went into the archive, signed and chained to the one before.

Owns the format, the tree over measurements, the chain in the object store, proofs. `docs/archive.md`
describes all of it for those who check. Knows nothing of the spool.
"""

from oonib.archive.manifests.chain import Chain, ChainBroken, Position
from oonib.archive.manifests.errors import ManifestError
from oonib.archive.manifests.making import Contended, Manifests, Sealed, Unreadable
from oonib.archive.manifests.manifest import (
    BadManifest,
    Body,
    CanEntry,
    Checkpoint,
    Manifest,
    ObjectEntry,
    Scoring,
    Tombstone,
)
from oonib.archive.manifests.signing import BadKeyFile, Signer, is_signed

__all__ = [
    "BadKeyFile",
    "BadManifest",
    "Body",
    "CanEntry",
    "Chain",
    "ChainBroken",
    "Checkpoint",
    "Contended",
    "Manifest",
    "ManifestError",
    "Manifests",
    "ObjectEntry",
    "Position",
    "Scoring",
    "Sealed",
    "Signer",
    "Tombstone",
    "Unreadable",
    "is_signed",
]
