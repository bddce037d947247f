"""A report as its normalised measurements, one after the other."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oonib.archive.legacy import yamltext
from oonib.archive.legacy.entry import make_id, merge_header, normalise
from oonib.archive.legacy.frames import frames
from oonib.archive.legacy.header import epoch, read_header
from oonib.archive.legacy.uid import trivial_id
from oonib.archive.legacy.unfit import Unfit

_LARGEST_HEADER = 256 * 1024
"""Bytes. The header goes into every entry, so a large one would be multiplied."""

_DAY_RE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportName:
    """What a report is called: the day of its bucket (`YYYY-MM-DD`, empty when unknown) and its file."""

    bucket_date: str
    file: str

    @classmethod
    def of(cls, path: str) -> "ReportName":
        """Take the key or path of a report apart; the bucket is the last folder that is a day."""
        *folders, file = path.split("/")
        days = [folder for folder in folders if _DAY_RE.fullmatch(folder)]
        return cls(days[-1] if days else "", file.removesuffix(".lz4").removesuffix(".gz"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A normalised measurement: its number in the report (the header is 0), its uid, its value."""

    number: int
    uid: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that gives no measurement, by number, with a stable reason and a sentence."""

    number: int
    reason: str
    detail: str


def normalised(pieces: Iterable[bytes], name: ReportName) -> Iterator[Entry | LeftOut]:
    """The measurements of a report. Nothing in it raises but what `pieces` raises.

    Without a bucket date the day on which the report was started counts as one.
    """
    report: _Report | None = None
    for number, frame in enumerate(frames(pieces)):
        try:
            if isinstance(frame, Unfit):
                raise frame
            if report is None:
                report = _Report(frame, name)
            else:
                yield report.entry(number, frame)
        except Unfit as exc:
            if report is None and not isinstance(frame, Unfit):
                yield LeftOut(number, "bad_yaml_header", exc.detail)
                return
            yield LeftOut(number, exc.reason, exc.detail)


class _Report:
    """What the entries of a report share."""

    def __init__(self, header_frame: bytes, name: ReportName) -> None:
        if len(header_frame) > _LARGEST_HEADER:
            raise Unfit("bad_yaml_header", f"a header of {len(header_frame)} bytes")
        self._frame = header_frame
        self._header = read_header(header_frame)
        self._bucket = name.bucket_date or f"{epoch(self._header.get('start_time', 0)):%Y-%m-%d}"
        self._filename = f"{self._bucket}/{name.file}"

    def entry(self, number: int, frame: bytes) -> Entry:
        """The measurement of a frame. Raises `Unfit`."""
        value = yamltext.load(frame)
        if value is None:
            raise Unfit("empty_entry", "a frame without content")
        if not isinstance(value, dict):
            raise Unfit("bad_entry", "not a mapping")
        merge_header(value, self._header)
        made_id: UUID = make_id(self._frame, frame)
        normalise(value, made_id=made_id, bucket_date=self._bucket, filename=self._filename)
        return Entry(number, trivial_id(frame, value.get("measurement_start_time")), value)
