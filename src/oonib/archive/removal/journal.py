"""What a removal has decided, on this host's disk, so that one that was killed goes on as it began."""

import os
from pathlib import Path

import msgspec


class Decided(msgspec.Struct, frozen=True):
    """Whose measurement, why, and where it was. `can` is empty for one that was never archived."""

    uid: str
    reason: str
    removed_by: str
    removed_at: str
    can: str
    line: int
    leaf: str


class Journal:
    """The decisions under way, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, uid: str) -> Decided | None:
        """The decision on `uid`, if one is under way. Raises `OSError`."""
        try:
            return msgspec.json.decode(self._path(uid).read_bytes(), type=Decided)
        except FileNotFoundError:
            return None

    def write(self, decided: Decided) -> None:
        """Record it, durably. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(decided.uid)
        temporary = path.with_suffix(".new")
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(decided))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def forget(self, uid: str) -> None:
        """It is done."""
        self._path(uid).unlink(missing_ok=True)

    def _path(self, uid: str) -> Path:
        return self._folder / f"{uid}.json"
