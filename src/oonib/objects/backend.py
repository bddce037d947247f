"""What a kind of object store has to offer, and the plain values it deals in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

Content = bytes | Path
"""What is stored: bytes, or a local file that is read while it is sent."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store tells of an object. `etag` is its own mark of the content, without quotes."""

    key: str
    size: int
    etag: str | None
    modified: datetime


class Backend(Protocol):
    """One kind of store. Keys are checked before they get here; every method raises `ObjectStoreError`."""

    def put(self, key: str, content: Content) -> None:
        """Store durably and atomically, replacing what was there."""

    def put_new(self, key: str, content: Content) -> None:
        """Store durably unless the key is taken (`ObjectExists`)."""

    def get(self, key: str) -> bytes:
        """The whole object."""

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer where the object ends before."""

    def stream(self, key: str) -> Iterator[bytes]:
        """The whole object in pieces."""

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of the object, None where there is none."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects in the folder `prefix` and below, ordered by key."""

    def folders(self, prefix: str) -> Sequence[str]:
        """The names of the folders right in `prefix`, sorted, without what is below them."""

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens where there is none."""

    def ping(self) -> None:
        """Raise unless the store can be reached."""
