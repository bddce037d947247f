"""multipart/form-data bodies: form-encoded queries and external tables, bounded in size."""

from dataclasses import dataclass
from email.message import Message

from oonib.warehouse.embedded.codecs import Readable
from oonib.warehouse.embedded.errors import HttpError

MAX_FORM = 64 * 1024 * 1024
_MAX_PARTS = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` tells a table from a plain value."""

    name: str
    filename: str | None
    data: bytes


def boundary(content_type: str) -> str | None:
    """The boundary of a multipart/form-data content type, None for any other type."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        return None
    value = message.get_param("boundary")
    return value if isinstance(value, str) and value else None


def parts(body: Readable, mark: str) -> list[Part]:
    """All fields of a form."""
    raw = b"\r\n" + read_all(body, MAX_FORM)
    pieces = raw.split(b"\r\n--" + mark.encode("latin-1", "replace"))
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise HttpError(400, "broken multipart body")
    if len(pieces) > _MAX_PARTS:
        raise HttpError(400, "too many form fields")
    return [_part(piece) for piece in pieces[1:-1]]


def read_all(body: Readable, limit: int) -> bytes:
    """The whole body, refused with 413 beyond the limit."""
    data = bytearray()
    while piece := body.read(65536):
        data += piece
        if len(data) > limit:
            raise HttpError(413, f"request body beyond {limit} bytes")
    return bytes(data)


def _part(piece: bytes) -> Part:
    head, gap, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not gap:
        raise HttpError(400, "broken multipart body")
    message = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-disposition":
            message["Content-Disposition"] = value.strip()
    field = message.get_param("name", header="Content-Disposition")
    filename = message.get_param("filename", header="Content-Disposition")
    if not isinstance(field, str):
        raise HttpError(400, "form field without a name")
    return Part(field, filename if isinstance(filename, str) else None, data)
