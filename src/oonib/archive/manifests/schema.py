"""What the API says of manifests. Hashes, keys and signatures in hexadecimal."""

from pydantic import BaseModel, ConfigDict, Field


class _FromChain(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ScoringShown(_FromChain):
    """What scored at that time."""

    rules: str = Field(description="Version of the program.")
    fingerprints: str = Field(description="Snapshot of the fingerprints, empty when unknown.")


class CheckpointShown(_FromChain):
    """What is signed: keys sorted, no white space, UTF-8."""

    format: str
    collector: str
    sequence: int
    hour: str = Field(description="`YYYYMMDDHH`, UTC.")
    previous: str = Field(description="SHA-256 of the checkpoint before, empty for the first.")
    body: str = Field(description="SHA-256 of the manifest's body.")
    root: str = Field(description="Root of the tree over the roots of the hour's cans.")
    cans: int
    measurements: int
    removed: int = Field(description="Measurements that this manifest tells as removed.")
    scoring: ScoringShown
    public_key: str


class SignedCheckpoint(BaseModel):
    """A checkpoint and what proves it."""

    checkpoint: CheckpointShown
    hash: str = Field(description="SHA-256 of the checkpoint: what the next one calls `previous`.")
    signature: str = Field(description="Ed25519, over the checkpoint.")
    manifest: str = Field(description="Key of the manifest in the archive.")


class Checkpoints(BaseModel):
    """A page of a chain, the latest first."""

    collectors: list[str] = Field(description="Who has a chain in this archive.")
    collector: str
    public_key: str | None
    latest: SignedCheckpoint | None
    results: list[SignedCheckpoint]
    next_before: int | None = Field(description="`before` of the next page, null on the last.")


class TombstoneShown(_FromChain):
    """What is told of a measurement that was removed."""

    uid: str
    can: str
    line: int
    leaf: str
    removed_at: str
    removed_by: str
    reason: str


class ProofShown(BaseModel):
    """That a measurement is in the archive. How to check it: docs/archive.md."""

    measurement_uid: str
    can: str
    line: int = Field(description="Number of the line, and of the leaf, from 0.")
    lines: int = Field(description="Leaves of the can's tree.")
    leaf_hash: str
    path: list[str] = Field(description="From the leaf up to the root of the can.")
    can_root: str
    can_index: int
    cans: int = Field(description="Leaves of the hour's tree.")
    can_path: list[str] = Field(description="From the can up to the root of the hour.")
    root: str
    manifest: str
    manifest_hash: str = Field(description="SHA-256 of the checkpoint.")
    checkpoint: CheckpointShown
    signature: str
    public_key: str
    removed: TombstoneShown | None
