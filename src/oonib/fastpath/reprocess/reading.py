"""Reading an object of the archive inside a scoring process: fetched in pieces, never whole.

Lines without a uid get the one that the index has for their number; a line that the index does not know
gives no row, because a made-up uid would make a second row of the same measurement.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from oonib.archive.reading import Found, Problem, read
from oonib.archive.reading.streams import PieceReader
from oonib.fastpath.offline import Reader
from oonib.objects import ObjectStore

_BUFFER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where an object store is and how to get in; travels to the processes, which open it for themselves."""

    url: str
    endpoint_url: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    anonymous: bool = False
    region: str | None = None
    data_dir: Path | None = None

    def open(self) -> ObjectStore:
        """The store. Raises `ObjectStoreError` for an address of no known kind."""
        return ObjectStore.open(
            self.url,
            endpoint_url=self.endpoint_url,
            access_key=self.access_key,
            secret_key=self.secret_key,
            anonymous=self.anonymous,
            region=self.region,
            data_dir=self.data_dir,
        )


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One object to score. `uids` is None where the file carries its own, else by line number."""

    name: str
    uids: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """Makes the reader of a scoring process for a store."""

    address: StoreAddress

    def __call__(self) -> Reader:
        """A reader of `ArchiveFile` tasks."""
        store = self.address.open()

        def contents(task: ArchiveFile) -> Iterator[Found | Problem]:
            with io.BufferedReader(PieceReader(store.stream(task.name)), _BUFFER) as stream:
                for item in read(stream, task.name):
                    yield item if task.uids is None else _with_uid(item, task.uids)

        return contents


def _with_uid(item: Found | Problem, uids: Mapping[int, str]) -> Found | Problem:
    if isinstance(item, Problem) or item.uid:
        return item
    line = item.place.rpartition(":")[2]
    uid = uids.get(int(line)) if line.isdecimal() else None
    if uid is None:
        return Problem(item.place, "no_uid", "the line is not in the index of the archive")
    return replace(item, uid=uid)
