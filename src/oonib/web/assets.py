"""The static files of the package, held in memory: type, ETag, an address that changes with content."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served. `version` is what its address carries."""

    name: str
    body: bytes
    media_type: str
    version: str

    @property
    def etag(self) -> str:
        """The entity tag."""
        return f'"{self.version}"'

    @property
    def url(self) -> str:
        """The address under which it may be kept for ever."""
        return f"/static/{self.name}?v={self.version}"


def fingerprint(body: bytes) -> str:
    """A short name for a content."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def load_assets() -> Mapping[str, Asset]:
    """Every static file by its path below `static/`. Only these exist for a client, whatever it asks for."""
    return dict(_found(resources.files("oonib.web") / "static", ""))


def _found(folder: Traversable, path: str) -> Iterator[tuple[str, Asset]]:
    for file in folder.iterdir():
        name = path + file.name
        ending = file.name[file.name.rfind(".") :]
        if file.is_dir():
            yield from _found(file, f"{name}/")
        elif ending in _TYPES:
            body = file.read_bytes()
            yield name, Asset(name, body, _TYPES[ending], fingerprint(body))
