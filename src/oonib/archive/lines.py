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


@dataclass(frozen=True, slots=True)
class Line:
    """The text of a line without its end, and the columns of its row. `problem` says why it is `{}`."""

    text: bytes
    report_id: str = ""
    input: str = ""
    problem: str | None = None


def read_line(stored: bytes) -> Line:
    """The line of a post. Never raises for what is in it."""
    try:
        form, content = _opened(stored)
        if str(form).lower() != "json":
            return Line(UNREADABLE, problem="the format is not json")
    except (jsontext.MalformedJson, BadEnvelope, ValueError, LookupError) as exc:
        return Line(UNREADABLE, problem=f"{type(exc).__name__}: {exc}")
    return line_of(content)


def line_of(content: bytes) -> Line:
    """The line of a measurement. Never raises for what is in it."""
    try:
        named = read_fields(content, _Named)
    except (jsontext.MalformedJson, BadEnvelope, ValueError, LookupError) as exc:
        return Line(UNREADABLE, problem=f"{type(exc).__name__}: {exc}")
    report_id = storable(named["report_id"]) if isinstance(named["report_id"], str) else ""
    return Line(one_line(content), report_id, input_text(named))


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


def input_text(named: dict[str, Any]) -> str:
    """The `input` column: text as it is, the list of a meek test as `{a,b}`, else empty (contract 4)."""
    value = named["input"]
    if isinstance(value, list) and value and named["test_name"] == _MEEK:
        return storable("{" + ",".join(str(item) for item in value) + "}")
    return storable(value) if isinstance(value, str) else ""
