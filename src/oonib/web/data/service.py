"""What the pages about the data show, and the objects that they link to.

Lists the object store itself, so a page is as new as the store. What a page costs is bounded: a folder with
too much below it is listed without sizes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from oonib.errors import NotFound, Unavailable
from oonib.measurements.export import PREFIX, BadManifest, Manifest
from oonib.objects import ObjectInfo, ObjectNotFound, ObjectStore, ObjectStoreError
from oonib.web.data.places import MANIFEST, Place, is_public, media_type, parse_place
from oonib.web.data.ranges import Range

PAGE = 500
"""Entries of a page."""

_MOST_COUNTED = 20_000
"""Objects below a folder up to which their sizes are added up."""

_NEWEST = 14
_PIECE = 1024 * 1024


@dataclass(slots=True)
class Entry:
    """A line of a page. `bytes` and `objects` are None where there is too much to count."""

    name: str
    path: str
    bytes: int | None = None
    objects: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a folder of the archive."""

    path: str
    holds: str
    total: int
    page: int
    pages: int
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that may be downloaded."""

    info: ObjectInfo
    media_type: str
    lasting: bool


class DataService:
    """Reads the object store for people. Raises `NotFound` and `Unavailable`."""

    def __init__(self, objects: ObjectStore, *, base_url: str) -> None:
        self._objects = objects
        self.base_url = base_url

    def overview(self) -> dict[str, Any]:
        """The newest days of the archive and of the exports, newest first."""
        days = self._folders(Place(()))[::-1]
        return {
            "days": len(days),
            "archive": [asdict(_entry(Place((day,)))) for day in days[:_NEWEST]],
            "exports": self.exports(1, _NEWEST)["exports"],
        }

    def place(self, path: str, page: int) -> tuple[Place, Listing]:
        """A folder of the archive, newest days first and all else by name."""
        place = parse_place(path)
        if place is None:
            raise NotFound("The archive has no such folder")
        entries = self._objects_of(place) if place.holds == "objects" else self._entries(place)
        if place.names and not entries:
            raise NotFound("The archive has no such folder")
        if place.holds == "days":
            entries.reverse()
        pages = max(1, -(-len(entries) // PAGE))
        shown = entries[(page - 1) * PAGE : page * PAGE]
        return place, Listing(place.prefix, place.holds, len(entries), page, pages, shown)

    def exports(self, page: int, size: int = PAGE // 10) -> dict[str, Any]:
        """The exported days, newest first, each with its manifest as it is stored."""
        with _reaching():
            folders = self._objects.folders(PREFIX)[::-1]
        days = [name.removeprefix("date=") for name in folders if name.startswith("date=")]
        shown = days[(page - 1) * size : page * size]
        found = [manifest for day in shown if (manifest := self._manifest(day)) is not None]
        return {
            "total": len(days),
            "page": page,
            "pages": max(1, -(-len(days) // size)),
            "exports": found,
        }

    def stored(self, key: str) -> Stored:
        """An object by its key."""
        if not is_public(key):
            raise NotFound("There is no such object")
        with _reaching():
            info = self._objects.head(key)
        if info is None:
            raise NotFound("There is no such object")
        # Names of cans and of an export's files are given once; its manifest is the one thing that changes.
        return Stored(info, media_type(key), lasting=not key.endswith(MANIFEST))

    def pieces(self, key: str, wanted: Range) -> Iterator[bytes]:
        """The bytes of an object, in pieces of a megabyte."""
        end = wanted.offset + wanted.length
        for offset in range(wanted.offset, end, _PIECE):
            yield self._objects.get_range(key, offset, min(_PIECE, end - offset))

    def _manifest(self, day: str) -> dict[str, Any] | None:
        key = f"{PREFIX}/date={day}/{MANIFEST}"
        if not is_public(key):
            return None
        try:
            with _reaching():
                made = Manifest.decode(self._objects.get(key))
        except (NotFound, BadManifest):
            return None
        return {
            "date": made.date,
            "version": made.version,
            "made_at": made.made_at,
            "rows": made.rows,
            "bytes": sum(file.bytes for file in made.files),
            "manifest": f"/data/objects/{key}",
            "files": [f"/data/objects/{file.key}" for file in made.files],
        }

    def _folders(self, place: Place) -> list[str]:
        with _reaching():
            return [name for name in self._objects.folders(place.prefix) if place.may_hold(name)]

    def _entries(self, place: Place) -> list[Entry]:
        entries = {name: _entry(Place((*place.names, name))) for name in self._folders(place)}
        if place.names:
            self._add_sizes(place, entries)
        return list(entries.values())

    def _add_sizes(self, place: Place, entries: dict[str, Entry]) -> None:
        with _reaching():
            found = list(islice(self._objects.list(place.prefix), _MOST_COUNTED + 1))
        if len(found) > _MOST_COUNTED:
            return
        for entry in entries.values():
            entry.bytes = entry.objects = 0
        for info in found:
            entry_of = entries.get(info.key.split("/")[len(place.names) + 1])
            if entry_of is not None and is_public(info.key):
                entry_of.bytes = (entry_of.bytes or 0) + info.size
                entry_of.objects = (entry_of.objects or 0) + 1

    def _objects_of(self, place: Place) -> list[Entry]:
        with _reaching():
            found = [info for info in self._objects.list(place.prefix) if is_public(info.key)]
        return [
            Entry(info.key.rpartition("/")[2], f"/data/objects/{info.key}", info.size, 1) for info in found
        ]


def _entry(place: Place) -> Entry:
    return Entry(place.names[-1], f"/data/{place.prefix}")


@contextmanager
def _reaching() -> Iterator[None]:
    """Errors of the object store as what a client can do about them."""
    try:
        yield
    except ObjectNotFound as exc:
        raise NotFound("There is no such object") from exc
    except ObjectStoreError as exc:
        raise Unavailable("The archive is away for a moment", retry_after=5) from exc
