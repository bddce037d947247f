"""From a measurement to its body in the archive: one row of `jsonl`, one ranged read (data contract 2.5).

Rows without the place of a gzip member were written by others: for them the object is read from its
beginning up to the line. Knows nothing of the spool.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from oonib.archive.fields import read_fields
from oonib.archive.gunzip import LONGEST_LINE, BadArchive, nth_line, unpacked
from oonib.archive.lines import UNREADABLE
from oonib.archive.manifests import BadManifest, Tombstone
from oonib.archive.manifests.tombstones import read_tombstone
from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope
from oonib.objects import ObjectNotFound, ObjectStore, ObjectStoreError, ObjectStoreUnavailable
from oonib.warehouse.ports import Rows

# The key of the table begins with report id and input, so that is the cheap way in when both are known.
_BY_ALL = """
SELECT s3path, linenum, member_offset, member_length, line_in_member FROM jsonl
WHERE report_id = {report_id:String} AND input = {input:String} AND measurement_uid = {uid:String}
ORDER BY update_time DESC LIMIT 1
"""
_BY_UID = """
SELECT s3path, linenum, member_offset, member_length, line_in_member FROM jsonl
WHERE measurement_uid = {uid:String}
ORDER BY update_time DESC LIMIT 1
"""
_BY_PAIR = """
SELECT s3path, linenum, member_offset, member_length, line_in_member FROM jsonl
WHERE report_id = {report_id:String} AND input = {input:String} AND measurement_uid = ''
ORDER BY update_time DESC LIMIT 1
"""


class _Named(msgspec.Struct):
    report_id: Any = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which body: the uid, and where they are known the report id and stored input of its row."""

    uid: str
    report_id: str = ""
    input: str | None = None


class BodyStore:
    """Looks bodies up in the archive."""

    def __init__(self, warehouse: Rows, objects: ObjectStore) -> None:
        self._objects = objects
        self._warehouse = warehouse
        self._log = structlog.get_logger("archive")

    def find(self, wanted: Wanted) -> bytes | None:
        """The measurement's bytes without a line end, None when the archive does not have it.

        Raises `WarehouseError` and `ObjectStoreUnavailable`; an object that is missing or damaged is logged
        and counts as not having it.
        """
        place = self.place(wanted)
        if place is None:
            return None
        try:
            body = self._read(place)
        except ObjectStoreUnavailable:
            raise
        except (ObjectNotFound, ObjectStoreError, BadArchive) as exc:
            self._log.error(
                "archived body unreadable", uid=wanted.uid, s3path=place["s3path"], problem=str(exc)
            )
            return None
        if body is None or body == UNREADABLE or not _belongs(body, wanted):
            self._log.error("archived line is of another measurement", uid=wanted.uid, s3path=place["s3path"])
            return None
        return body

    def removed(self, uid: str) -> Tombstone | None:
        """What is left of a measurement that was removed. Raises `ObjectStoreUnavailable`."""
        try:
            return read_tombstone(self._objects, uid)
        except ObjectStoreUnavailable:
            raise
        except (ObjectStoreError, BadManifest) as exc:
            self._log.error("tombstone unreadable", uid=uid, problem=str(exc))
            return None

    def place(self, wanted: Wanted) -> Mapping[str, Any] | None:
        """Where its line is, as the table `jsonl` has it. Raises `WarehouseError`."""
        uid = {"uid": wanted.uid}
        steps = [(_BY_UID, uid)]
        if wanted.report_id and wanted.input is not None:
            pair = {"report_id": wanted.report_id, "input": wanted.input}
            steps = [(_BY_ALL, pair | uid), (_BY_UID, uid), (_BY_PAIR, pair)]
        for query, parameters in steps:
            rows = self._warehouse.select(query, parameters)
            if rows:
                return rows[0]
        return None

    def _read(self, place: Mapping[str, Any]) -> bytes | None:
        length = int(place["member_length"])
        if length <= 0:
            pieces = self._objects.stream(place["s3path"])
            return nth_line(unpacked(pieces), int(place["linenum"]))
        if length > LONGEST_LINE:
            raise BadArchive(f"a gzip member of {length} bytes")
        member = self._objects.get_range(place["s3path"], int(place["member_offset"]), length)
        return nth_line(unpacked((member,)), int(place["line_in_member"]))


def _belongs(body: bytes, wanted: Wanted) -> bool:
    """Whether the body names the report id that was asked for (data contract 2.5, the check worth adding)."""
    if not wanted.report_id:
        return True
    try:
        return bool(read_fields(body, _Named)["report_id"] == wanted.report_id)
    except (jsontext.MalformedJson, BadEnvelope):
        return False
