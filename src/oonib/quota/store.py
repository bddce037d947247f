"""Where quotas are kept: an LMDB environment that all worker processes of a host share.

Readers never wait. A writer holds a lock of the host for the time of one transaction, so writing belongs
into a thread of its own. Nothing is synced: after a power cut the newest charges, or all, may be gone, and
`healing` gets rid of a file that suffered. Every failure is `StoreFailed`, with a word for the reason.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import lmdb

from oonib.quota.healing import heal

_MAP_BYTES = 64 * 1024**2
_MOST_READERS = 512
_DATA = "data.mdb"

Change = Callable[[bytes, bytes | None], bytes | None]
"""From a key and its record (None: there is none) to the new record (None: none shall be)."""


class StoreFailed(Exception):
    """The store did not do it. `reason` is one of a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class QuotaStore:
    """Records by key. Safe from any thread; not after a fork. One for a folder in each process."""

    def __init__(self, folder: Path, *, most_entries: int = 200_000, map_bytes: int = _MAP_BYTES) -> None:
        """Opens the folder, putting aside what is broken. Raises `StoreFailed`."""
        self._folder = folder
        self._most_entries = most_entries
        self.healed = False
        with _failures("open"):
            self.healed = heal(folder)
            self._env = lmdb.open(
                str(folder),
                map_size=map_bytes,
                mode=0o600,
                sync=False,
                metasync=False,
                max_readers=_MOST_READERS,
            )
            self._env.reader_check()
            self._identity = self._identify()
        self._turn = threading.Condition()
        self._reading = 0
        self._closed = False

    def close(self) -> None:
        """The end, after those who read. Only the thread that writes may do it."""
        with self._turn:
            self._closed = True
            self._turn.wait_for(lambda: self._reading == 0)
        self._env.close()

    def is_replaced(self) -> bool:
        """Whether another process has put this file aside and begun a new one."""
        return self._identify() != self._identity

    def get(self, key: bytes) -> bytes | None:
        """The record of a key."""
        with self._reader() as transaction:
            found = transaction.get(key)
            return _plain(found)

    def change(self, keys: Iterable[bytes], change: Change) -> None:
        """Apply `change` to each key, all in one transaction that no other process gets between."""
        with _failures("write"), self._env.begin(write=True) as transaction:
            for key in keys:
                record = change(key, _plain(transaction.get(key)))
                if record is None:
                    transaction.delete(key)
                else:
                    transaction.put(key, record)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every record as of now."""
        with self._reader() as transaction:
            for key, record in transaction.cursor():
                yield bytes(key), bytes(record)

    @contextlib.contextmanager
    def _reader(self) -> Iterator[lmdb.Transaction]:
        with self._turn:
            if self._closed:
                raise StoreFailed("closed")
            self._reading += 1
        try:
            with _failures("read"), self._env.begin() as transaction:
                yield transaction
        finally:
            with self._turn:
                self._reading -= 1
                self._turn.notify_all()

    def sweep(self, change: Change, spare: Callable[[bytes, bytes], float]) -> int:
        """Apply `change` to all that is stored; of more than the most entries keep those with the least
        `spare`. Returns how many are left."""
        self._env.reader_check()
        kept: list[tuple[float, bytes]] = []
        emptied: list[bytes] = []
        for key, record in self.items():
            left = change(key, record)
            if left is None:
                emptied.append(key)
            else:
                kept.append((spare(key, left), key))
        self._change_in_pieces(emptied, change)
        if len(kept) <= self._most_entries:
            return len(kept)
        kept.sort()
        room = self._most_entries * 9 // 10
        self._change_in_pieces([key for _, key in kept[room:]], lambda _key, _record: None)
        return room

    def _change_in_pieces(self, keys: list[bytes], change: Change) -> None:
        # Others write in between, and a transaction needs room in the file for what it frees.
        for start in range(0, len(keys), 1000):
            self.change(keys[start : start + 1000], change)

    def clear(self) -> None:
        """Forget everything."""
        with _failures("write"), self._env.begin(write=True) as transaction:
            transaction.drop(self._env.open_db(txn=transaction), delete=False)

    @property
    def is_crowded(self) -> bool:
        """Whether there is more than the most entries."""
        with _failures("read"):
            return int(self._env.stat()["entries"]) > self._most_entries

    def _identify(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._folder / _DATA)  # noqa: PTH116 - a path object would cost as much again
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _plain(record: bytes | memoryview | None) -> bytes | None:
    return None if record is None else bytes(record)


@contextlib.contextmanager
def _failures(reason: str) -> Iterator[None]:
    try:
        yield
    except lmdb.MapFullError:
        raise StoreFailed("full") from None
    except (lmdb.Error, OSError) as exc:
        raise StoreFailed(reason) from exc
