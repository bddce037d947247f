"""What the members of a tar hold: posts in postcans, whole reports in legacy cans (fastpath contract 9.2)."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from oonib.archive.fields import read_fields
from oonib.archive.gunzip import LONGEST_LINE
from oonib.archive.legacy import ReportName
from oonib.archive.lines import REMOVED
from oonib.archive.reading.found import Found, Problem
from oonib.archive.reading.reports import legacy_lines, yaml_report
from oonib.archive.reading.tar import Form, Member, members
from oonib.model.envelope import BadEnvelope
from oonib.model.jsontext import MalformedJson

_POST = ".post"
_UID_RE = re.compile(r"[0-9A-Za-z._-]{1,200}", re.ASCII)


class _Head(msgspec.Struct):
    format: Any = "json"


def postcan(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    """The posts of a postcan. Raises `Damaged`."""
    return _each(pieces, name, _post)


def tarcan(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    """The measurements of the reports in a legacy can. Raises `Damaged`."""
    bucket = ReportName.of(name).bucket_date

    def report(member: Member, place: str) -> Iterator[Found | Problem]:
        ending = member.last_part.rsplit(".", 1)[-1].lower()
        if ending in ("json", "jsonl"):
            yield from legacy_lines(member.content.pieces(), place)
        elif ending in ("yaml", "yamloo"):
            yield from yaml_report(member.content.pieces(), place, ReportName(bucket, member.last_part))
        else:
            yield Problem(place, "unsupported_member", "neither .json nor .yaml")

    return _each(pieces, name, report)


def _each(
    pieces: Iterable[bytes], name: str, inside: Callable[[Member, str], Iterator[Found | Problem]]
) -> Iterator[Found | Problem]:
    for member in members(pieces):
        place = f"{name}:{member.shown}"
        if member.form is Form.FILE:
            yield from inside(member, place)
        elif member.form is Form.OTHER:
            yield Problem(place, "unsupported_member", "not a plain file")


def _post(member: Member, place: str) -> Iterator[Found | Problem]:
    uid = member.last_part.removesuffix(_POST)
    if not member.last_part.endswith(_POST) or _UID_RE.fullmatch(uid) is None:
        yield Problem(place, "unsupported_member", "not <uid>.post")
    elif member.content.size > LONGEST_LINE:
        yield Problem(place, "member_too_large", f"{member.content.size} bytes")
    elif (post := member.content.read()) != REMOVED:
        yield read_post(post, uid, place)


def read_post(post: bytes, uid: str, place: str) -> Found | Problem:
    """A stored envelope, unchanged, if it holds a measurement in JSON."""
    try:
        form = read_fields(post, _Head)["format"]
    except (MalformedJson, BadEnvelope) as exc:
        return Problem(place, "bad_json", str(exc)[:200])
    if isinstance(form, str) and form.lower() == "json":
        return Found(post, uid, place)
    reason = "yaml_post" if isinstance(form, str) and form.lower() == "yaml" else "unsupported_format"
    return Problem(place, reason, f"format {str(form)[:40]!r}")
