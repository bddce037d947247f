"""Manifests of what was packed: for each hour one of the cans that are in no manifest yet.

The packer's step between index and release: entries leave the spool only when their can is in the chain.
Repeated after a kill at any point it adds what is missing and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import structlog

from oonib.archive.building import BuiltCan
from oonib.archive.gunzip import BadArchive
from oonib.archive.manifests.book import Book
from oonib.archive.manifests.chain import Chain
from oonib.archive.manifests.describing import built_entry, stored_entry
from oonib.archive.manifests.errors import ManifestError
from oonib.archive.manifests.manifest import Body, CanEntry, Manifest, Scoring, Tombstone, counted
from oonib.archive.manifests.signing import Signer
from oonib.archive.names import CanName
from oonib.objects import ObjectNotFound, ObjectStore

_ATTEMPTS = 100
"""How often somebody else may be faster. Each time the chain has grown, so this is never for nothing."""


class Contended(ManifestError):
    """Somebody else adds to this chain without end."""


class Unreadable(ManifestError):
    """A can in the store cannot be read."""


@dataclass(slots=True)
class Sealed:
    """The manifests that were made, and the cans that are in none because they cannot be read."""

    made: list[Manifest] = field(default_factory=list)
    left: dict[str, Exception] = field(default_factory=dict)


class Manifests:
    """Makes one collector's manifests. `scoring` tells what scores at this time."""

    def __init__(
        self,
        objects: ObjectStore,
        *,
        collector: str,
        work_dir: Path,
        key_path: Path,
        scoring: Callable[[], Scoring],
        reach: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self._objects = objects
        self._key_path = key_path
        self._scoring = scoring
        self.chain = Chain(objects, collector, reach)
        self._book_path = work_dir / f"manifests-{collector}.json"
        self._reach = reach
        self._built: dict[str, CanEntry] = {}
        self._log = structlog.get_logger("archive")

    def note(self, built: BuiltCan) -> None:
        """Remember what a can is made of while it is at hand. Raises `OSError`."""
        self._built[built.name.stem] = built_entry(built)

    def seal(self, names: Iterable[CanName]) -> Sealed:
        """Have all these cans, which are in the store, in the chain, save those that cannot be read there.

        Raises `ObjectStoreError`, `ManifestError` and `OSError`; what was done until then is kept.
        """
        wanted = sorted(names, key=lambda name: (name.hour, name.stem))
        sealed = Sealed()
        book = Book(self._book_path, self.chain)
        book.open()
        for hour, cans in groupby(wanted, lambda name: name.hour):
            self._seal_hour(book, hour, list(cans), sealed)
        book.save({name.stem for name in wanted})
        self._reach("archive.after_manifest_noted")
        self._built.clear()
        return sealed

    def catch_up(self) -> None:
        """Have every hour lead to its manifests, also where a run died in between. Raises as `seal` does."""
        book = Book(self._book_path, self.chain)
        book.open()
        book.save(None)

    def adopt(self, name: CanName) -> None:
        """Have one can of the store in the chain, also one packed without. Raises as `seal` does."""
        if any(can.name == name.stem for one in self.chain.of_hour(name.hour) for can in one.body.cans):
            return
        book = Book(self._book_path, self.chain)
        book.open()
        sealed = Sealed()
        self._seal_hour(book, name.hour, [name], sealed)
        book.save(None)
        for problem in sealed.left.values():
            raise Unreadable(f"{name.stem}: {problem}") from problem

    def bury(self, tombstones: tuple[Tombstone, ...], hour: str) -> Manifest:
        """Add tombstones of the hour. Raises what `seal` raises."""
        book = Book(self._book_path, self.chain)
        book.open()
        made = self._append(book, hour, lambda: Body(removed=tombstones))
        assert made is not None
        book.save(None)
        return made

    def _seal_hour(self, book: Book, hour: str, names: Sequence[CanName], sealed: Sealed) -> None:
        def missing() -> Body | None:
            cans = tuple(self._entries([name for name in names if not book.holds(name.stem)], sealed))
            return Body(cans, counted(cans)) if cans else None

        made = self._append(book, hour, missing)
        if made is not None:
            sealed.made.append(made)
            count = made.checkpoint.measurements
            self._log.info("manifest made", key=made.key, hour=hour, measurements=count)

    def _entries(self, names: Iterable[CanName], sealed: Sealed) -> Iterator[CanEntry]:
        for name in names:
            try:
                yield self._entry(name)
            except (BadArchive, ObjectNotFound) as exc:
                sealed.left[name.stem] = exc

    def _append(self, book: Book, hour: str, body_now: Callable[[], Body | None]) -> Manifest | None:
        signer = Signer.open(self._key_path)
        for _ in range(_ATTEMPTS):
            body = body_now()
            if body is None:
                return None
            made = self.chain.append(
                body, at=book.position, hour=hour, scoring=self._scoring(), signer=signer
            )
            book.catch_up()
            if made is not None:
                return made
        raise Contended(f"collector {self.chain.collector}: others are always faster")

    def _entry(self, name: CanName) -> CanEntry:
        if name.stem not in self._built:
            self._built[name.stem] = stored_entry(self._objects, name)
        return self._built[name.stem]
