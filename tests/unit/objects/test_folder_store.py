"""What is special about the store in a folder: durable, whole or not at all, never outside."""

import os
from pathlib import Path

import pytest

from oonib.objects import BadKey, ObjectStore, ObjectStoreError, ObjectStoreUnavailable


def test_urls_of_folders(tmp_path: Path) -> None:
    ObjectStore.open(str(tmp_path / "a"), data_dir=None).put("k", b"1")
    ObjectStore.open((tmp_path / "with space").as_uri(), data_dir=None).put("k", b"2")
    ObjectStore.open("below", data_dir=tmp_path).put("k", b"3")
    assert (tmp_path / "a/k").read_bytes() == b"1"
    assert (tmp_path / "with space/k").read_bytes() == b"2"
    assert (tmp_path / "below/k").read_bytes() == b"3"


@pytest.mark.parametrize("url", ["", "http://example.org/x", "gs://bucket"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ObjectStoreError):
        ObjectStore.open(url, data_dir=None)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/file").write_bytes(b"secret")
    root = tmp_path / "objects"
    root.mkdir()
    (root / "out").symlink_to(tmp_path / "secret")
    store = ObjectStore.open(str(root), data_dir=None)
    for attempt in (lambda: store.get("out/file"), lambda: store.put("out/new", b"x")):
        with pytest.raises(BadKey):
            attempt()
    assert not (tmp_path / "secret/new").exists()


def test_the_folder_of_half_written_files_is_not_readable_as_objects(tmp_path: Path) -> None:
    store = ObjectStore.open(str(tmp_path), data_dir=None)
    store.put("a", b"x")
    with pytest.raises(BadKey):
        store.put(".incoming/a", b"x")
    assert [info.key for info in store.list()] == ["a"]


def test_a_write_syncs_the_file_and_every_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def watch(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", watch)
    ObjectStore.open(str(tmp_path), data_dir=None).put("x/y/z", b"data")
    folders = {str(tmp_path), str(tmp_path / "x"), str(tmp_path / "x/y")}
    assert folders <= set(synced)
    assert any(".incoming" in name for name in synced)
    assert synced[-1] == str(tmp_path / "x/y")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore.open(str(tmp_path), data_dir=None)
    store.put("a", b"old")

    def refuse(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ObjectStoreUnavailable):
        store.put("a", b"new")
    assert store.get("a") == b"old"
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_an_object_is_no_folder(tmp_path: Path) -> None:
    store = ObjectStore.open(str(tmp_path), data_dir=None)
    store.put("a/b", b"x")
    with pytest.raises(ObjectStoreError):
        store.put("a", b"x")
    with pytest.raises(ObjectStoreError):
        store.put("a/b/c", b"x")
    assert store.head("a") is None
    assert store.head("a/b/c") is None


def test_what_a_dead_process_left_is_removed_a_day_later(tmp_path: Path) -> None:
    incoming = tmp_path / ".incoming"
    incoming.mkdir()
    (incoming / "old").write_bytes(b"half")
    os.utime(incoming / "old", (0, 0))
    (incoming / "young").write_bytes(b"half")
    ObjectStore.open(str(tmp_path), data_dir=None).put("a", b"x")
    assert [path.name for path in incoming.iterdir()] == ["young"]
