"""Removing one measurement for good: content, index and rows go, a signed tombstone stays.

Each step can be repeated; what was decided is recorded first, so a removal that was killed is completed by
the same command. The order: spool, so that nothing is scored or archived any more; objects; tombstone in the
chain; its copy, by which the API answers; rows.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from oonib.archive.lines import read_line
from oonib.archive.manifests import Manifests, ObjectEntry, Tombstone
from oonib.archive.manifests.describing import Counted, lines_of
from oonib.archive.manifests.manifest import name_of
from oonib.archive.manifests.tombstones import write_tombstone
from oonib.archive.manifests.tree import leaf_hash
from oonib.archive.names import BadCanName, CanName, parse_can_key
from oonib.archive.removal.errors import RemovalRefused
from oonib.archive.removal.gzipping import without_line
from oonib.archive.removal.journal import Decided, Journal
from oonib.archive.removal.postcans import number_in, without_post
from oonib.archive.removal.tables import delete_rows
from oonib.model.uid import MeasurementUid, parse_uid
from oonib.objects import ObjectStore
from oonib.spool import Spool
from oonib.warehouse.ports import Tables

_PLACE = """
SELECT s3path, linenum FROM jsonl WHERE measurement_uid = {uid:String} ORDER BY update_time DESC LIMIT 1
"""
_TEXT_RE = re.compile(r"[^\x00-\x1f\x7f]{1,500}")


class BadWords(RemovalRefused):
    """Reason or name cannot be published as they are."""


class NotHere(RemovalRefused):
    """Neither the spool nor the archive of this host has the measurement."""


class ElsewhereArchived(RemovalRefused):
    """Another collector has archived it, whose key this host does not have."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was done. `again`: an earlier run had begun or done it."""

    tombstone: Tombstone
    tables: list[str]
    again: bool


class Remover:
    """Removes measurements. Whoever uses it keeps the packer of this host out meanwhile."""

    def __init__(
        self,
        spool: Spool,
        objects: ObjectStore,
        tables: Tables,
        manifests: Manifests,
        *,
        collector: str,
        work_dir: Path,
        reach: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self._spool = spool
        self._objects = objects
        self._tables = tables
        self._manifests = manifests
        self._collector = collector
        self._folder = work_dir / "removals"
        self._journal = Journal(self._folder)
        self._reach = reach
        self._log = structlog.get_logger("archive")

    def remove(self, uid: str, *, reason: str, by: str, now: datetime) -> Removed:
        """Remove it, or complete what an earlier run began; then that one's reason stands.

        Raises `BadUid`, `BadWords` for a reason or name that cannot be published, `NotHere`,
        `ElsewhereArchived`, `SpoolBusy` while it is being archived, and what stores raise.
        """
        parsed = parse_uid(uid)
        if not _TEXT_RE.fullmatch(reason) or not _TEXT_RE.fullmatch(by):
            raise BadWords("reason and name are one line of up to 500 characters each")
        earlier = self._earlier(parsed)
        begun = self._journal.read(uid)
        if begun is not None and not begun.can:
            # It was on its way then and may have got into a can since, before the spool let go of it.
            reason, by = begun.reason, begun.removed_by
        if begun is None or (not begun.can and self._place(parsed) is not None):
            decided = self._decide(parsed, reason, by, now, earlier)
        else:
            decided = begun
        self._reach("removal.after_journal")
        self._spool.remove(uid)
        self._reach("removal.after_spool")
        tombstone = earlier or self._bury(parsed, decided)
        self._reach("removal.after_tombstone")
        write_tombstone(self._objects, tombstone)
        self._reach("removal.after_copy")
        tables = delete_rows(self._tables, uid)
        self._reach("removal.after_rows")
        self._journal.forget(uid)
        self._log.info("measurement removed", uid=uid, can=tombstone.can)
        return Removed(tombstone, tables, again=begun is not None or earlier is not None)

    def _earlier(self, uid: MeasurementUid) -> Tombstone | None:
        """The tombstone that the chain has already."""
        self._manifests.catch_up()
        for manifest in self._manifests.chain.of_hour(uid.hour):
            for tombstone in manifest.body.removed:
                if tombstone.uid == str(uid):
                    return tombstone
        return None

    def _decide(
        self, uid: MeasurementUid, reason: str, by: str, now: datetime, earlier: Tombstone | None
    ) -> Decided:
        moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        if earlier is not None:
            place = earlier.can, earlier.line, earlier.leaf
            return Decided(str(uid), earlier.reason, earlier.removed_by, earlier.removed_at, *place)
        where = self._place(uid)
        if where is None:
            stored = self._spool.body(str(uid))
            if stored is None:
                raise NotHere(f"neither the spool nor the archive of this host has {uid}")
            decided = Decided(str(uid), reason, by, moment, "", -1, leaf_hash(read_line(stored).text).hex())
        else:
            name, line = where
            self._manifests.adopt(name)
            decided = Decided(str(uid), reason, by, moment, name.stem, line, self._leaf(name, line))
        self._journal.write(decided)
        return decided

    def _place(self, uid: MeasurementUid) -> tuple[CanName, int] | None:
        """The can and the line, by the index or else by looking through the cans of its hour."""
        for row in self._tables.select(_PLACE, {"uid": str(uid)}):
            name, line = parse_can_key(row["s3path"])[0], int(row["linenum"])
            return self._ours(name), line
        folder = CanName(uid.hour, uid.cc, uid.test, "0", 0).postcan.rpartition("/")[0]
        for info in self._objects.list(folder):
            try:
                name, kind = parse_can_key(info.key)
            except BadCanName:
                continue
            found = number_in(self._objects, info.key, str(uid)) if kind == "tar.gz" else None
            if found is not None:
                return self._ours(name), found
        return None

    def _ours(self, name: CanName) -> CanName:
        if name.collector != self._collector:
            raise ElsewhereArchived(
                f"collector {name.collector} has archived it; only that host can sign that it is gone"
            )
        return name

    def _leaf(self, name: CanName, line: int) -> str:
        for number, text in enumerate(lines_of(self._objects.stream(name.jsonl))):
            if number == line:
                return leaf_hash(text).hex()
        raise NotHere(f"{name.jsonl} has no line {line}")

    def _bury(self, uid: MeasurementUid, decided: Decided) -> Tombstone:
        objects: tuple[ObjectEntry, ...] = ()
        if decided.can:
            objects = self._rewrite(str(uid), name_of(decided.can), decided.line)
        tombstone = Tombstone(
            str(uid),
            decided.can,
            decided.line,
            decided.leaf,
            decided.removed_at,
            decided.removed_by,
            decided.reason,
            objects,
        )
        self._manifests.bury((tombstone,), uid.hour)
        return tombstone

    def _rewrite(self, uid: str, name: CanName, line: int) -> tuple[ObjectEntry, ...]:
        """Both objects without the measurement; done again it finds nothing to change."""
        data = self._objects.get(name.jsonl)
        _, changed = without_line(data, line)
        if changed != data:
            self._objects.put(name.jsonl, changed)
        self._reach("removal.after_lines")
        path = self._folder / f"{name.stem}.tar.gz"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            without_post(self._objects, name.postcan, uid, path)
            self._objects.put(name.postcan, path)
        finally:
            path.unlink(missing_ok=True)
        self._reach("removal.after_posts")
        return (self._entry(name.jsonl), self._entry(name.postcan))

    def _entry(self, key: str) -> ObjectEntry:
        pieces = Counted(self._objects.stream(key))
        for _ in pieces:
            pass
        return pieces.entry(key)
