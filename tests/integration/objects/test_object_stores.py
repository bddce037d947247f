"""What every kind of object store promises: the same table for the folder and for a real S3 server."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.objects import (
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    ObjectStoreError,
    ObjectStoreUnavailable,
)

from support.s3 import S3Server


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        server.make_bucket("objects")
        yield server


@pytest.fixture(params=["folder", "s3", "s3-with-prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: S3Server) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore.open(str(tmp_path / "store"), data_dir=None)
    name = f"test-{abs(hash(str(tmp_path)))}"
    if request.param == "s3":
        server.make_bucket(name)
        return server.open(name)
    return server.open("objects", f"below/{name}")


def test_what_is_put_is_there(store: ObjectStore, tmp_path: Path) -> None:
    store.put("raw/a", b"hello")
    local = tmp_path / "local"
    local.write_bytes(bytes(range(256)) * 20_000)
    store.put("raw/b", local)
    assert store.get("raw/a") == b"hello"
    assert b"".join(store.stream("raw/b")) == local.read_bytes()
    info = store.head("raw/b")
    assert info is not None
    assert (info.key, info.size) == ("raw/b", 256 * 20_000)
    assert info.etag
    assert info.modified.tzinfo is not None


def test_a_second_put_replaces(store: ObjectStore) -> None:
    store.put("a", b"one")
    store.put("a", b"two")
    assert store.get("a") == b"two"


def test_put_new_leaves_what_is_there(store: ObjectStore, tmp_path: Path) -> None:
    store.put_new("a", b"one")
    local = tmp_path / "local"
    local.write_bytes(b"two")
    with pytest.raises(ObjectExists):
        store.put_new("a", local)
    assert store.get("a") == b"one"


def test_of_many_that_put_new_one_wins(store: ObjectStore) -> None:
    won: list[int] = []

    def claim(number: int) -> None:
        try:
            store.put_new("claim", b"%d" % number)
        except ObjectExists:
            return
        won.append(number)

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get("claim")] == [b"%d" % n for n in won]


def test_ranges(store: ObjectStore) -> None:
    store.put("a", b"0123456789")
    assert store.get_range("a", 3, 4) == b"3456"
    for offset, length in ((8, 5), (20, 1), (-1, 2), (0, 0)):
        with pytest.raises(ObjectStoreError):
            store.get_range("a", offset, length)


def test_what_is_not_there(store: ObjectStore) -> None:
    assert store.head("none") is None
    for read in (
        lambda: store.get("none"),
        lambda: store.get_range("none", 0, 1),
        lambda: list(store.stream("none")),
    ):
        with pytest.raises(ObjectNotFound):
            read()
    store.delete("none")
    assert list(store.list("none")) == []


def test_listing_is_in_the_order_of_keys(store: ObjectStore) -> None:
    keys = ["a/b/1", "a/b-c", "a/c", "a.txt", "b", "a/b/2"]
    for key in keys:
        store.put(key, b"x")
    assert [info.key for info in store.list()] == sorted(keys)
    assert [info.key for info in store.list("a/")] == sorted(key for key in keys if key.startswith("a/"))
    assert [info.key for info in store.list("a/b")] == ["a/b/1", "a/b/2"]


def test_delete(store: ObjectStore) -> None:
    store.put("a/b", b"x")
    store.delete("a/b")
    assert store.head("a/b") is None


def test_ping(store: ObjectStore) -> None:
    store.ping()


def test_a_missing_bucket_is_away_and_not_empty(server: S3Server) -> None:
    store = server.open("no-such-bucket")
    for use in (store.ping, lambda: store.put("a", b"x"), lambda: store.get("a")):
        with pytest.raises(ObjectStoreUnavailable):
            use()


def test_a_server_that_is_away_is_named_so_within_seconds() -> None:
    server = S3Server()
    store = server.open("objects")
    for use in (
        store.ping,
        lambda: store.put("a", b"x"),
        lambda: store.head("a"),
        lambda: list(store.list()),
    ):
        with pytest.raises(ObjectStoreUnavailable):
            use()
