"""The members of a tar, one after the other, in bounded memory.

The standard library keeps every member it has seen and reads extended headers whole, whatever size they
claim; a file from outside may have millions of the first and gigabytes of the second. Here headers are taken
apart by the standard library and walked by us. Nothing is ever written to a disk, so names cannot do harm.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from oonib.archive.reading.blocks import BLOCK, Content, Source
from oonib.archive.reading.found import Damaged

_LONGEST_NAME = 64 * 1024
_LARGEST_EXTENSION = 1024 * 1024
_LONGEST_SHOWN = 200
_RECORD_RE = re.compile(rb"(\d{1,7}) ([^=\n]{1,200})=")


class Form(StrEnum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"
    """A link, a device, a sparse file: nothing that the archive has."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its name as it stands, what it is, its content (to be read before the next one)."""

    name: str
    form: Form
    content: Content

    @property
    def last_part(self) -> str:
        """The name after its last slash."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def shown(self) -> str:
        """The name, fit for a terminal or a log."""
        if self.name.isprintable():
            return self.name[:_LONGEST_SHOWN]
        printable = "".join(c if c.isprintable() else "?" for c in self.name)
        return printable[:_LONGEST_SHOWN]


@dataclass(slots=True)
class _Extended:
    """What extended headers said of the member that follows."""

    name: str | None = None
    size: int | None = None
    sparse: bool = False


def members(pieces: Iterable[bytes]) -> Iterator[Member]:
    """The members in order. Raises `Damaged`: `truncated_tar`, `bad_tar`, and what `pieces` raises."""
    source = Source(pieces)
    extended = _Extended()
    while (info := _header(source)) is not None:
        if info.type in _EXTENSIONS:
            content = Content(source, info.size)
            _extend(extended, info, content)
            content.skip()
            continue
        content = Content(source, info.size if extended.size is None else extended.size)
        yield Member(extended.name or info.name, _form(info, sparse=extended.sparse), content)
        content.skip()
        extended = _Extended()


def _header(source: Source) -> tarfile.TarInfo | None:
    block = _block(source)
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as exc:
        raise Damaged("bad_tar", f"not the header of a member: {exc}") from None
    if info.size < 0:
        raise Damaged("bad_tar", "a member of negative size")
    if info.type in _WITHOUT_CONTENT:
        info.size = 0
    if info.type == tarfile.GNUTYPE_SPARSE:
        _skip_sparse_map(source, more=bool(block[482]))
    return info


def _block(source: Source) -> bytes:
    block = source.some(BLOCK)
    while len(block) < BLOCK:
        more = source.some(BLOCK - len(block))
        if not more:
            raise Damaged("truncated_tar", "the file ends without the mark of its end")
        block += more
    return block


_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_WITHOUT_CONTENT = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)


def _form(info: tarfile.TarInfo, *, sparse: bool) -> Form:
    if info.isdir():
        return Form.FOLDER
    plain = info.isreg() and info.type != tarfile.GNUTYPE_SPARSE and not sparse
    return Form.FILE if plain else Form.OTHER


def _extend(extended: _Extended, info: tarfile.TarInfo, content: Content) -> None:
    """Take in a header that speaks of the next member; one of unlikely size is passed over."""
    if info.type == tarfile.GNUTYPE_LONGNAME and info.size <= _LONGEST_NAME:
        extended.name = content.read().split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
    elif info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE) and info.size <= _LARGEST_EXTENSION:
        for key, value in _records(content.read()):
            _apply(extended, key, value)


def _records(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while match := _RECORD_RE.match(text, at):
        end = at + int(match[1])
        if not match.end() < end <= len(text):
            return
        yield match[2], text[match.end() : end - 1]
        at = end


def _apply(extended: _Extended, key: bytes, value: bytes) -> None:
    if key == b"path":
        extended.name = value.decode("utf-8", "surrogateescape")
    elif key == b"size" and value.isdigit() and len(value) < 20:
        extended.size = int(value)
    elif key.startswith(b"GNU.sparse."):
        extended.sparse = True


def _skip_sparse_map(source: Source, *, more: bool) -> None:
    # Further holes are listed in blocks between header and content; byte 504 says whether more follow.
    while more:
        more = bool(_block(source)[504])
