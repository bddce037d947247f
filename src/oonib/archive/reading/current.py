"""Measurements since 2020 outside postcans: lines, and single files (fastpath contract 9.2)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from oonib.archive.fields import read_fields
from oonib.archive.gunzip import LONGEST_LINE
from oonib.archive.lines import one_line
from oonib.archive.reading.found import Found, Problem
from oonib.archive.reading.lines import batches
from oonib.archive.reading.textline import problem_of, trimmed
from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope

_UID_KEY = b'"measurement_uid"'
_POST = ".post"


class _Named(msgspec.Struct):
    measurement_uid: Any = None


def jsonl(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    """The lines of a file. They are split and not parsed: scoring parses them anyway. Raises `Damaged`."""
    for batch in batches(pieces):
        for number, line in enumerate(batch.lines, batch.first):
            if line and len(line) > 2 and line[0] == 0x7B and line[-1] == 0x7D:
                yield Found(line, uid_in(line), f"{name}:{number}")
            else:
                yield from _odd(line, f"{name}:{number}")


def _odd(line: bytes | None, place: str) -> Iterator[Found | Problem]:
    problem = problem_of(line, place)
    if problem is not None:
        yield problem
    elif line and (text := trimmed(line)):
        yield Found(text, uid_in(text), place)


def uid_in(body: bytes) -> str:
    """The `measurement_uid` of a measurement, empty where it has none."""
    if _UID_KEY not in body:
        return ""
    try:
        uid = read_fields(body, _Named)["measurement_uid"]
    except (jsontext.MalformedJson, BadEnvelope):
        return ""
    return uid if isinstance(uid, str) else ""


def single(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    """The one measurement of a file, or those of its lines where it is no single one. Raises `Damaged`."""
    text = _whole(pieces)
    if text is None:
        yield Problem(name, "member_too_large", f"more than {LONGEST_LINE} bytes")
        return
    last = name.rsplit("/", 1)[-1]
    if text and last.endswith(_POST):
        # Whatever its format is: the fastpath takes it in as it is, and scoring says what it is worth.
        yield Found(text, last.removesuffix(_POST), name)
        return
    reason = _refused(text)
    if reason is None:
        body = one_line(text.strip())
        yield Found(body, uid_in(body), name)
    elif _refused(text.split(b"\n", 1)[0]) is None:
        yield from jsonl([text], name)
    else:
        yield Problem(name, "bad_json", reason)


def _refused(text: bytes) -> str | None:
    """Why a text is not one JSON object, None when it is."""
    try:
        value = jsontext.loads(text)
    except jsontext.MalformedJson as exc:
        return exc.reason[:200]
    return None if isinstance(value, dict) else "not a JSON object"


def _whole(pieces: Iterable[bytes]) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST_LINE:
            return None
        parts.append(piece)
    return b"".join(parts)
