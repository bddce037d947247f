"""A file that is edited while it is served."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from oonib.checkin.watched import WatchedFile


def number(raw: bytes) -> int:
    return int(raw)


@pytest.fixture
def notes() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def watch(tmp_path: Path, notes: list[tuple[str, str]]) -> Callable[[], WatchedFile[int]]:
    def make() -> WatchedFile[int]:
        return WatchedFile(
            tmp_path / "file",
            number,
            setting="some_file",
            note=lambda setting, result: notes.append((setting, result)),
            seconds=0.0,
        )

    return make


def test_the_last_good_state_is_kept(
    tmp_path: Path, watch: Callable[[], WatchedFile[int]], notes: list[tuple[str, str]]
) -> None:
    path = tmp_path / "file"
    file = watch()
    assert file.current() is None
    path.write_bytes(b"1")
    assert file.current() == 1
    path.write_bytes(b"broken")
    assert (file.current(), file.current()) == (1, 1)
    path.unlink()
    assert file.current() == 1
    path.write_bytes(b"22")
    assert file.current() == 22
    # Each state is read once, however often it is asked for.
    assert [result for _, result in notes] == ["failed", "ok", "failed", "failed", "ok"]


def test_a_folder_a_pipe_and_a_huge_file_are_no_files(
    tmp_path: Path, watch: Callable[[], WatchedFile[int]]
) -> None:
    path = tmp_path / "file"
    path.mkdir()
    assert watch().current() is None
    path.rmdir()
    os.mkfifo(path)
    assert watch().current() is None
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1024**4)
    assert watch().current() is None


def test_the_same_time_and_size_are_seen_as_a_change(
    tmp_path: Path, watch: Callable[[], WatchedFile[int]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    os.utime(path, (1, 1))
    file = watch()
    assert file.current() == 1
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"2")
    os.utime(fresh, (1, 1))
    fresh.replace(path)
    assert file.current() == 2


def test_readers_never_see_nothing_while_the_file_changes(
    tmp_path: Path, watch: Callable[[], WatchedFile[int]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    file = watch()
    seen: set[int | None] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(file.current())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(100):
        path.write_bytes(b"2" if turn % 2 else b"")
    stop.set()
    for thread in threads:
        thread.join()
    assert seen <= {1, 2}
    assert seen
