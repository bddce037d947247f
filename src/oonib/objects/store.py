"""The object store as the rest of the program sees it: keys in, bytes out, whatever holds them.

Owns which kind of store a URL means and that no unchecked key reaches one. What the keys mean is the
archive's business.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from oonib.objects.backend import Backend, Content, ObjectInfo
from oonib.objects.errors import ObjectStoreError
from oonib.objects.folder import Folder
from oonib.objects.keys import check_key, check_prefix
from oonib.objects.s3 import S3, S3Settings


class ObjectStore:
    """An object store. Safe to use from any thread; every method raises `ObjectStoreError` kinds."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def open(
        cls,
        url: str,
        *,
        endpoint_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        anonymous: bool = False,
        region: str | None = None,
        data_dir: Path | None = None,
    ) -> Self:
        """The store that `url` names: a folder (relative ones below `data_dir`), `file://…` or `s3://…`.

        Nothing is contacted yet. Raises `ObjectStoreError` for a URL of another kind.
        """
        parts = urlsplit(url)
        if parts.scheme == "s3":
            prefix = check_prefix(parts.path.strip("/"))
            return cls(
                S3(S3Settings(parts.netloc, prefix, endpoint_url, access_key, secret_key, anonymous, region))
            )
        if parts.scheme == "file":
            return cls(Folder(Path(unquote(parts.path))))
        if parts.scheme or not url:
            raise ObjectStoreError(f"not a folder, file:// or s3:// URL: {url[:80]!r}")
        return cls(Folder((data_dir or Path()) / url))

    def put(self, key: str, content: Content) -> None:
        """Store bytes or a local file under `key`, durable when this returns; replaces what was there.

        After `ObjectStoreUnavailable` it is not known whether the write happened; the same call repairs it.
        """
        self._backend.put(check_key(key), content)

    def put_new(self, key: str, content: Content) -> None:
        """Store under a key that nothing has yet. Raises `ObjectExists` and leaves what is there."""
        self._backend.put_new(check_key(key), content)

    def get(self, key: str) -> bytes:
        """The whole object. Raises `ObjectNotFound`."""
        return self._backend.get(check_key(key))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`. Raises `ObjectNotFound`, `ObjectStoreError` if shorter."""
        if offset < 0 or length <= 0:
            raise ObjectStoreError(f"{key}: not a range of bytes: {length} from {offset}")
        piece = self._backend.get_range(check_key(key), offset, length)
        if len(piece) != length:
            raise ObjectStoreError(f"{key}: {len(piece)} of {length} bytes from {offset}")
        return piece

    def stream(self, key: str) -> Iterator[bytes]:
        """The whole object in pieces. Raises `ObjectNotFound` when the first piece is asked for."""
        return self._backend.stream(check_key(key))

    def head(self, key: str) -> ObjectInfo | None:
        """What the store knows of the object, None where there is none."""
        return self._backend.head(check_key(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """The objects in the folder `prefix` and below, ordered by key."""
        return self._backend.list(check_prefix(prefix))

    def folders(self, prefix: str = "") -> Sequence[str]:
        """The names of the folders right in `prefix`, sorted; what is below them is not looked at."""
        return self._backend.folders(check_prefix(prefix))

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens where there is none."""
        self._backend.delete(check_key(key))

    def ping(self) -> None:
        """Raise `ObjectStoreUnavailable` or `ObjectStoreError` unless the store can be used."""
        self._backend.ping()
