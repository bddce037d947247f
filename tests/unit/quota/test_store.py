"""The store on disk: many processes, broken files, a bound on its size."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oonib.quota.healing import heal
from oonib.quota.store import QuotaStore, StoreFailed


def put(store: QuotaStore, **records: bytes) -> None:
    store.change([key.encode() for key in records], lambda key, _old: records[key.decode()])


def content(store: QuotaStore) -> dict[bytes, bytes]:
    return dict(store.items())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "quotas"


def fill(folder: Path, entries: int = 3000) -> None:
    store = QuotaStore(folder)
    keys = [f"key{number}".encode() for number in range(entries)]
    store.change(keys, lambda key, _old: key * 4)
    store.change(keys[::7], lambda _key, _old: None)
    store.close()


def test_what_is_stored_is_read_again(folder: Path) -> None:
    store = QuotaStore(folder)
    assert store.get(b"a") is None
    put(store, a=b"1", b=b"2")
    store.change([b"a", b"b", b"c"], lambda key, old: old * 2 if key == b"a" and old else None)
    assert content(store) == {b"a": b"11"}
    store.close()
    again = QuotaStore(folder)
    assert again.get(b"a") == b"11"
    assert not again.healed
    again.close()


def test_a_change_that_fails_changes_nothing(folder: Path) -> None:
    store = QuotaStore(folder)
    put(store, a=b"1")

    def failing(key: bytes, _old: bytes | None) -> bytes:
        if key == b"b":
            raise ZeroDivisionError
        return b"9"

    with pytest.raises(ZeroDivisionError):
        store.change([b"a", b"b"], failing)
    assert content(store) == {b"a": b"1"}
    store.close()


COUNTING = """
import struct, sys
from pathlib import Path
from oonib.quota.store import QuotaStore
store = QuotaStore(Path(sys.argv[1]))
def one_more(key, old):
    return struct.pack("<q", (struct.unpack("<q", old)[0] if old else 0) + 1)
for number in range(500):
    store.change([b"all", b"own%d" % (number % 5)], one_more)
"""


def test_processes_at_once_lose_nothing(folder: Path) -> None:
    command = [sys.executable, "-c", COUNTING, str(folder)]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(timeout=60) for process in running] == [0] * 4
    store = QuotaStore(folder)
    counts = {key: int.from_bytes(record, "little") for key, record in store.items()}
    assert counts == {b"all": 2000} | {b"own%d" % number: 400 for number in range(5)}
    store.close()


def test_a_process_killed_amid_writing_stops_nobody(folder: Path) -> None:
    holding = COUNTING.replace("for number in range(500):", "import os, signal\nfor number in range(1):")
    holding = holding.replace(
        "    return struct", "    os.kill(os.getpid(), signal.SIGKILL)\n    return struct"
    )
    done = subprocess.run([sys.executable, "-c", holding, str(folder)], check=False, timeout=60)
    assert done.returncode == -9
    store = QuotaStore(folder)
    put(store, a=b"1")
    assert content(store) == {b"a": b"1"}
    store.close()


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(64 * 1024))


def truncated(path: Path) -> None:
    os.truncate(path, 3 * 4096)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def holes(path: Path) -> None:
    # The two first pages say where everything is: they stay as they are.
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(os.urandom(size - 2 * 4096))


def zeros(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes(bytes(size))


DAMAGE = [("data.mdb", how) for how in (garbage, truncated, emptied, holes, zeros)]
DAMAGE += [("lock.mdb", how) for how in (garbage, emptied, zeros)]


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_a_broken_file_is_replaced_and_harms_nobody(
    folder: Path, name: str, damage: Callable[[Path], None]
) -> None:
    fill(folder)
    damage(folder / name)
    store = QuotaStore(folder)
    put(store, a=b"1")
    assert store.get(b"a") == b"1"
    if name == "data.mdb" and damage is not emptied:
        assert store.healed
        assert content(store) == {b"a": b"1"}
    store.close()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["quotas", "quotas.lock"]


def test_a_sound_file_stays(folder: Path) -> None:
    fill(folder, entries=70)
    assert heal(folder) is False
    store = QuotaStore(folder)
    assert len(content(store)) == 60
    store.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="open"):
        QuotaStore(tmp_path / "file" / "quotas")


def test_the_other_processes_notice_a_replaced_file(folder: Path) -> None:
    store = QuotaStore(folder)
    put(store, a=b"1")
    assert not store.is_replaced()
    folder.rename(folder.with_name("aside"))
    assert store.is_replaced()
    store.close()


def test_the_file_has_a_bound(folder: Path) -> None:
    store = QuotaStore(folder, map_bytes=256 * 1024)
    keys = [f"key{number}".encode() for number in range(20_000)]
    with pytest.raises(StoreFailed, match="full"):
        store.change(keys, lambda key, _old: key * 4)
    assert content(store) == {}
    put(store, a=b"1")
    store.clear()
    assert content(store) == {}
    store.close()
    assert (folder / "data.mdb").stat().st_size <= 256 * 1024


def test_a_sweep_keeps_those_with_the_least_left(folder: Path) -> None:
    store = QuotaStore(folder, most_entries=100)
    keys = [b"%04d" % number for number in range(500)]
    store.change(keys, lambda key, _old: key)
    assert store.is_crowded
    # Of 500 the even ones have nothing to remember, and of the rest the lowest have the least.
    left = store.sweep(
        lambda _key, record: record if record is not None and int(record) % 2 else None,
        lambda _key, record: float(record),
    )
    assert left == 90
    assert sorted(content(store)) == [b"%04d" % number for number in range(1, 181, 2)]
    assert not store.is_crowded
    store.close()


def test_a_closed_store_fails_as_one_expects(folder: Path) -> None:
    store = QuotaStore(folder)
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.get(b"a")
    with pytest.raises(StoreFailed):
        put(store, a=b"1")
