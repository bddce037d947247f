"""What counts as the key of an object. Keys come from report ids and from table rows, so none is trusted."""

from oonib.objects.errors import BadKey

_LONGEST_KEY = 1024
_LONGEST_PART = 255
"""Bytes of a file name on common file systems."""


def check_key(key: str) -> str:
    """The key as it is. Raises `BadKey` for anything that could leave the store's own folder."""
    parts = key.split("/")
    if not key or len(key.encode("utf-8", "replace")) > _LONGEST_KEY or not all(map(_harmless, parts)):
        raise BadKey(f"not a key: {key[:80]!r}")
    return key


def check_prefix(prefix: str) -> str:
    """A folder of keys without its closing slash, `""` for everything. Raises `BadKey`."""
    bare = prefix.rstrip("/")
    return check_key(bare) if bare else ""


def _harmless(part: str) -> bool:
    return (
        part not in ("", ".", "..")
        and part.isprintable()
        and "\\" not in part
        and len(part.encode("utf-8")) <= _LONGEST_PART
    )
