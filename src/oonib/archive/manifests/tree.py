"""Merkle trees of RFC 6962, section 2.1: roots, audit paths and what a path proves. Pure."""

import hashlib
from collections.abc import Sequence

_LEAF = b"\0"
_NODE = b"\1"
EMPTY = hashlib.sha256().digest()
"""The root of no leaves."""


def leaf_hash(data: bytes | memoryview) -> bytes:
    """The hash of a leaf, 32 bytes."""
    digest = hashlib.sha256(_LEAF)
    digest.update(data)
    return digest.digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, 32 bytes."""
    level = list(leaves)
    if not level:
        return EMPTY
    # Pairing neighbours and carrying an odd last one up gives the tree of the RFC.
    while len(level) > 1:
        level = _above(level)
    return level[0]


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from leaf `index` up to the root, the lowest first. Raises `IndexError`."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path = []
    level = list(leaves)
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        level, index = _above(level), index // 2
    return path


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` proves for leaf `index` of `size`; None where its length is not right."""
    if not 0 <= index < size:
        return None
    found, rest, last = leaf, list(path), size - 1
    while last:
        if index ^ 1 <= last:
            if not rest:
                return None
            sibling = rest.pop(0)
            found = _node(sibling, found) if index & 1 else _node(found, sibling)
        index, last = index // 2, last // 2
    return None if rest else found


def _above(level: list[bytes]) -> list[bytes]:
    above = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return above + level[-1:] if len(level) & 1 else above


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
