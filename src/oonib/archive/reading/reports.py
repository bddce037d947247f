"""Legacy reports: lines of JSON and YAML (fastpath contract 9.2, 9.3, 10)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from oonib.archive.fields import read_fields
from oonib.archive.legacy import Entry, LeftOut, ReportName, Unfit, dump, normalised, trivial_id
from oonib.archive.reading.found import Found, Problem
from oonib.archive.reading.lines import batches
from oonib.archive.reading.textline import problem_of, trimmed
from oonib.model.envelope import BadEnvelope
from oonib.model.jsontext import MalformedJson


class _Started(msgspec.Struct):
    measurement_start_time: Any = None


def legacy_lines(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    """The measurements of a report with one in each line, uids made from the bytes. Raises `Damaged`."""
    for batch in batches(pieces):
        end = b"\n" if batch.ended else b""
        for number, line in enumerate(batch.lines, batch.first):
            problem = problem_of(line, f"{name}:{number}")
            if problem is not None:
                yield problem
            elif line and not line.isspace():
                yield _measurement(line, end, f"{name}:{number}")


def _measurement(line: bytes, end: bytes, place: str) -> Found | Problem:
    try:
        started = read_fields(line, _Started)["measurement_start_time"]
    except (MalformedJson, BadEnvelope) as exc:
        return Problem(place, "bad_json", str(exc)[:200])
    return Found(trimmed(line), trivial_id(line + end, started), place)


def yaml_report(pieces: Iterable[bytes], place: str, name: ReportName) -> Iterator[Found | Problem]:
    """The normalised measurements of a YAML report; numbers in places are those of its frames.

    Raises `Damaged`.
    """
    for item in normalised(pieces, name):
        yield _of_entry(item, f"{place}:{item.number}")


def _of_entry(item: Entry | LeftOut, place: str) -> Found | Problem:
    if isinstance(item, LeftOut):
        return Problem(place, item.reason, item.detail)
    try:
        return Found(dump(item.value), item.uid, place)
    except Unfit as exc:
        return Problem(place, exc.reason, exc.detail)
