"""Objects in an S3 bucket, through `obstore`: bounded time-outs and retries, its errors in our kinds."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from oonib.objects.backend import Content, ObjectInfo
from oonib.objects.errors import ObjectExists, ObjectNotFound, ObjectStoreError, ObjectStoreUnavailable

_LARGEST_SINGLE_PUT = 64 * 1024 * 1024
"""Bytes up to which an object is sent in one request, so that its ETag is its MD5 and can be checked."""

_PIECE = 1024 * 1024
_STATUS_RE = re.compile(r"status code: (\d{3})")
_REFUSED = frozenset({400, 401, 403, 405, 409, 411, 412, 416})
_NOT_IMPLEMENTED = 501
_DEFAULT_REGION = "us-east-1"


class _NotImplementedThere(ObjectStoreError):
    """The server does not know this kind of request."""


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where a bucket is and how to get in. `endpoint_url` None means Amazon's own."""

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    anonymous: bool = False
    region: str | None = None


class S3:
    """An object store in a bucket, below a prefix."""

    def __init__(self, settings: S3Settings) -> None:
        self._prefix = f"{settings.prefix}/" if settings.prefix else ""
        with _translated("the bucket"):
            self._store = S3Store(settings.bucket, **_options(settings))

    def put(self, key: str, content: Content) -> None:
        """Store `content` under `key`, replacing what was there."""
        with _translated(key, missing=ObjectStoreUnavailable):
            obstore.put(
                self._store, self._prefix + key, content, use_multipart=_size(content) > _LARGEST_SINGLE_PUT
            )

    def put_new(self, key: str, content: Content) -> None:
        """Store `content` by a conditional request. Raises `ObjectExists`."""
        try:
            with _translated(key, missing=ObjectStoreUnavailable):
                obstore.put(self._store, self._prefix + key, content, mode="create")
        except _NotImplementedThere:
            # An S3 work-alike without conditional writes: look before, which is the best it can do.
            if self.head(key) is not None:
                raise ObjectExists(f"there is an object {key} already") from None
            self.put(key, content)

    def get(self, key: str) -> bytes:
        """The whole object."""
        with _translated(key):
            return obstore.get(self._store, self._prefix + key).bytes().to_bytes()

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, in one request."""
        with _translated(key):
            return obstore.get_range(self._store, self._prefix + key, start=offset, length=length).to_bytes()

    def stream(self, key: str) -> Iterator[bytes]:
        """The whole object in pieces of about a megabyte."""
        with _translated(key):
            for piece in obstore.get(self._store, self._prefix + key).stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def head(self, key: str) -> ObjectInfo | None:
        """Size, ETag and age, None where there is no such object."""
        try:
            with _translated(key):
                return self._info(obstore.head(self._store, self._prefix + key))
        except ObjectNotFound:
            return None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects below `prefix`, in the order of S3, which is that of their keys."""
        with _translated(prefix):
            for chunk in obstore.list(self._store, (self._prefix + prefix).rstrip("/") or None):
                for meta in chunk:
                    yield self._info(meta)

    def folders(self, prefix: str) -> Sequence[str]:
        """The common prefixes right below `prefix`."""
        with _translated(prefix):
            found = obstore.list_with_delimiter(self._store, (self._prefix + prefix).rstrip("/") or None)
            return sorted(path.rstrip("/").rpartition("/")[2] for path in found["common_prefixes"])

    def delete(self, key: str) -> None:
        """Remove the object."""
        with contextlib.suppress(ObjectNotFound), _translated(key):
            obstore.delete(self._store, self._prefix + key)

    def ping(self) -> None:
        """Raise unless the bucket answers a listing."""
        with _translated("the bucket", missing=ObjectStoreUnavailable):
            for _ in obstore.list(self._store, (self._prefix + "ping").rstrip("/"), chunk_size=1):
                return

    def _info(self, meta: Any) -> ObjectInfo:
        etag = meta["e_tag"]
        return ObjectInfo(
            meta["path"].removeprefix(self._prefix),
            meta["size"],
            None if etag is None else etag.strip('"'),
            meta["last_modified"],
        )


def _options(settings: S3Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "region": settings.region or _DEFAULT_REGION,
        "skip_signature": settings.anonymous,
        "client_options": {
            "allow_http": (settings.endpoint_url or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=20),
            "timeout": timedelta(minutes=5),
        },
        "retry_config": {
            "max_retries": 3,
            "retry_timeout": timedelta(seconds=60),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=3),
                "base": 3,
            },
        },
    }
    given = {
        "endpoint": settings.endpoint_url,
        "access_key_id": settings.access_key,
        "secret_access_key": settings.secret_key,
    }
    return options | {name: value for name, value in given.items() if value is not None}


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


@contextlib.contextmanager
def _translated(what: str, missing: type[ObjectStoreError] = ObjectNotFound) -> Iterator[None]:
    """Turn what obstore raises into our kinds. `missing`: what a 404 means here."""
    try:
        yield
    except FileNotFoundError as exc:
        kind = ObjectStoreUnavailable if "NoSuchBucket" in str(exc) else missing
        raise kind(f"{what}: {_first_line(exc)}") from exc
    except (AlreadyExistsError, PreconditionError) as exc:
        raise ObjectExists(f"there is an object {what} already") from exc
    except BaseError as exc:
        raise _kind(str(exc))(f"{what}: {_first_line(exc)}") from exc


def _kind(text: str) -> type[ObjectStoreError]:
    found = _STATUS_RE.search(text)
    status = int(found.group(1)) if found else 0
    if status == _NOT_IMPLEMENTED:
        return _NotImplementedThere
    return ObjectStoreError if status in _REFUSED else ObjectStoreUnavailable


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0][:300]
