"""The two places where a manifest may be: a file of this host, or an object in a store."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oonib.collector.credentials.manifest import BadManifest
from oonib.collector.credentials.source import Fetched, SourceAway
from oonib.objects import ObjectStore, ObjectStoreError


@dataclass(frozen=True, slots=True)
class FileSource:
    """A manifest in a local file."""

    path: Path

    def fetch(self, limit: int) -> Fetched:
        """Read the file. Raises `SourceAway`, `BadManifest`."""
        try:
            if self.path.exists() and not self.path.is_file():
                raise SourceAway("manifest_url names no file")
            with self.path.open("rb") as file:
                raw = file.read(limit + 1)
            modified = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError as exc:
            raise SourceAway(f"the manifest's file cannot be read: {exc.strerror}") from None
        return Fetched(_bounded(raw, limit), modified)


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """A manifest under `key` in an object store."""

    store: ObjectStore
    key: str

    def fetch(self, limit: int) -> Fetched:
        """Read the object. Raises `SourceAway`, `BadManifest`."""
        try:
            info = self.store.head(self.key)
            if info is None:
                raise SourceAway("there is no manifest in the object store")
            if info.size > limit:
                raise BadManifest(f"larger than {limit} bytes")
            return Fetched(_bounded(self.store.get(self.key), limit), info.modified)
        except ObjectStoreError as exc:
            raise SourceAway(f"the manifest cannot be read: {type(exc).__name__}") from None


def _bounded(raw: bytes, limit: int) -> bytes:
    if len(raw) > limit:
        raise BadManifest(f"larger than {limit} bytes")
    return raw
