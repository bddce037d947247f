"""The object store: a folder of this host or an S3 bucket, behind one door. Only this room knows which."""

from oonib.objects.backend import ObjectInfo
from oonib.objects.errors import (
    BadKey,
    ObjectExists,
    ObjectNotFound,
    ObjectStoreError,
    ObjectStoreUnavailable,
)
from oonib.objects.store import ObjectStore

__all__ = [
    "BadKey",
    "ObjectExists",
    "ObjectInfo",
    "ObjectNotFound",
    "ObjectStore",
    "ObjectStoreError",
    "ObjectStoreUnavailable",
]
