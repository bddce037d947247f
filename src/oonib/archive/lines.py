"""What one post becomes in the `.jsonl.gz`: a line, and the columns that find it again.

Pure: stored bytes in, values out. A post that is no measurement becomes the line `{}`, which keeps line n of
the file at member n of the postcan (fastpath contract 11).
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from oonib.archive.fields import read_fields
from oonib.model import jsontext
from oonib.model.columntext import storable
from oonib.model.envelope import BadEnvelope, content_span

UNREADABLE = b"{}"
REMOVED = b'{"format":"removed"}'
"""The post that stands where one was removed: names and numbers of all others stay as they are."""

_MEEK = "meek_fronted_requests_test"


class _Head(msgspec.Struct):
    format: Any = "json"


class _Post(msgspec.Struct):
    content: msgspec.Raw
    format: Any = "json"


_POST = msgspec.json.Decoder(_Post)


class _Named(msgspec.Struct):
    report_id: Any = None
    input: Any = None
    test_name: Any = None


class _Shell(msgspec.Struct):
    content: Any
    format: Any = "json"


_NAMED = msgspec.json.Decoder(_Named)
_SHELL = msgspec.json.Decoder(_Shell)
_MARK = "the content stood here"
_MARK_TEXT = b'"%b"' % _MARK.encode()
_CONTENT_KEY = b'"content"'


@dataclass(frozen=True, slots=True)
class Line:
    """The text of a line without its end, and the columns of its row. `problem` says why it is `{}`."""

    text: bytes
    report_id: str = ""
    input: str = ""
    problem: str | None = None


def read_line(stored: bytes) -> Line:
    """The line of a post. Never raises for what is in it."""
    quick = _at_once(stored)
    if quick is not None:
        return quick
    try:
        form, content = _opened(stored)
        if str(form).lower() != "json":
            return Line(UNREADABLE, problem="the format is not json")
    except (jsontext.MalformedJson, BadEnvelope, ValueError, LookupError) as exc:
        return Line(UNREADABLE, problem=f"{type(exc).__name__}: {exc}")
    return line_of(content)


def _at_once(stored: bytes) -> Line | None:
    """The line of a post whose content is the only object in it, or None where more has to be looked at.

    One pass over the text instead of two. What stands between the first brace after the name of the member
    and the last brace but one is JSON by itself; with a mark in its place so is the rest. The mark is nowhere
    else in it, and it is what `content` holds: hence it stood for the content.
    """
    start = stored.find(b"{", stored.find(_CONTENT_KEY) + len(_CONTENT_KEY))
    end = stored.rfind(b"}", 0, stored.rfind(b"}")) + 1
    if not 0 < start < end:
        return None
    head, tail = stored[:start], stored[end:]
    rest = head + tail
    # With a backslash the mark could be spelled in another way.
    if b"\\" in rest or _MARK_TEXT in rest:
        return None
    content = stored[start:end]
    try:
        shell = _SHELL.decode(b"".join((head, _MARK_TEXT, tail)))
        named = _NAMED.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if shell.content != _MARK or str(shell.format).lower() != "json":
        return None
    return _line(content, named)


def line_of(content: bytes) -> Line:
    """The line of a measurement. Never raises for what is in it."""
    try:
        named = read_fields(content, _Named)
    except (jsontext.MalformedJson, BadEnvelope, ValueError, LookupError) as exc:
        return Line(UNREADABLE, problem=f"{type(exc).__name__}: {exc}")
    return _line(content, _Named(**named))


def _line(content: bytes, named: _Named) -> Line:
    report_id = storable(named.report_id) if isinstance(named.report_id, str) else ""
    return Line(one_line(content), report_id, _input_text(named))


def _opened(stored: bytes) -> tuple[object, bytes]:
    """The format of a post, and the exact bytes of its content."""
    try:
        post = _POST.decode(stored)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return read_fields(stored, _Head)["format"], content_span(stored)
    return post.format, bytes(post.content)


def one_line(content: bytes) -> bytes:
    """A measurement without the line breaks between its tokens; strings cannot hold any."""
    if b"\n" not in content and b"\r" not in content:
        return content
    return content.replace(b"\n", b"").replace(b"\r", b"")


def _input_text(named: _Named) -> str:
    """The `input` column: text as it is, the list of a meek test as `{a,b}`, else empty (contract 4)."""
    value = named.input
    if isinstance(value, list) and value and named.test_name == _MEEK:
        return storable("{" + ",".join(str(item) for item in value) + "}")
    return storable(value) if isinstance(value, str) else ""
