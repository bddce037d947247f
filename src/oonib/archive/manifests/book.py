"""What a packer knows of its chain between runs: where it ends and which unreleased cans are in it.

A local file that spares reading the chain. The chain decides: what was added since is read, and where the
file is missing or tells of another chain, all of it.
"""

import os
from pathlib import Path

import msgspec

from oonib.archive.manifests.chain import Chain, Position
from oonib.archive.manifests.manifest import BadManifest, Manifest


class _Noted(msgspec.Struct):
    sequence: int = 0
    previous: str = ""
    cans: list[str] = []


class Book:
    """The file of one chain."""

    def __init__(self, path: Path, chain: Chain) -> None:
        self._path = path
        self._chain = chain
        self._cans: set[str] = set()
        self.position = Position()

    def open(self) -> None:
        """Read the file, then the rest of the chain. Raises `ChainBroken`, `ObjectStoreError`, `OSError`."""
        noted = self._read()
        self.position, self._cans = Position(noted.sequence, noted.previous), set(noted.cans)
        if not self._agrees():
            self.position, self._cans = Position(), set()
        self.catch_up()

    def catch_up(self) -> None:
        """Take in what the chain has beyond the known position."""
        for manifest, position in self._chain.follow(self.position):
            # Whoever stored it may have died before this.
            self._chain.point(manifest)
            self.add(manifest, position)

    def add(self, manifest: Manifest, position: Position) -> None:
        """Take in one manifest."""
        self._cans.update(can.name for can in manifest.body.cans)
        self.position = position

    def holds(self, can: str) -> bool:
        """Whether a can is in the chain, as far as it was not forgotten."""
        return can in self._cans

    def save(self, wanted: set[str] | None) -> None:
        """Write the file; only the cans that are still `wanted` are kept, all with None. Raises `OSError`."""
        if wanted is not None:
            self._cans &= wanted
        noted = _Noted(self.position.sequence, self.position.previous, sorted(self._cans))
        temporary = self._path.with_suffix(".new")
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(noted))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)

    def _read(self) -> _Noted:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Noted)
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            return _Noted()

    def _agrees(self) -> bool:
        if self.position == Position():
            return True
        try:
            last = self._chain.read(self.position.sequence - 1)
        except BadManifest:
            return False
        return last is not None and last.checkpoint.hash == self.position.previous
