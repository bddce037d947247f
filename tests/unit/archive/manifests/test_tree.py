"""The tree of RFC 6962: its definition written down once more, and what its audit paths prove."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from oonib.archive.manifests.tree import audit_path, leaf_hash, root_by_path, root_of

LEAVES = st.lists(st.binary(max_size=4), max_size=40)


def defined(data: list[bytes]) -> bytes:
    """MTH of the RFC, word for word."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\0" + data[0]).digest()
    split = 1
    while split * 2 < len(data):
        split *= 2
    return hashlib.sha256(b"\1" + defined(data[:split]) + defined(data[split:])).digest()


def path_defined(index: int, data: list[bytes]) -> list[bytes]:
    """PATH of the RFC, word for word."""
    if len(data) == 1:
        return []
    split = 1
    while split * 2 < len(data):
        split *= 2
    if index < split:
        return [*path_defined(index, data[:split]), defined(data[split:])]
    return [*path_defined(index - split, data[split:]), defined(data[:split])]


@given(LEAVES)
def test_roots_and_paths_are_those_of_the_rfc(data: list[bytes]) -> None:
    leaves = [leaf_hash(one) for one in data]
    assert root_of(leaves) == defined(data)
    for index in range(len(data)):
        path = audit_path(leaves, index)
        assert path == path_defined(index, data)
        assert root_by_path(leaves[index], index, len(leaves), path) == root_of(leaves)


@given(LEAVES.filter(bool), st.data())
def test_a_path_proves_nothing_else(data: list[bytes], draw: st.DataObject) -> None:
    leaves = [leaf_hash(one) for one in data]
    index = draw.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    assert root_by_path(leaf_hash(b"another"), index, len(leaves), path) != root_of(leaves)
    assert root_by_path(leaves[index], index, len(leaves), [*path, b"x" * 32]) is None
    assert root_by_path(leaves[index], len(leaves), len(leaves), path) is None
    if path:
        assert root_by_path(leaves[index], index, len(leaves), path[:-1]) is None


def test_the_examples_of_the_log_of_certificates() -> None:
    """Known answers, from the test vectors that logs share."""
    data = [
        b"",
        b"\0",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)),
        bytes(range(0x60, 0x70)),
    ]
    leaves = [leaf_hash(one) for one in data]
    assert root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
