"""Reading the lists out of a tar or zip archive that may be hostile: bounded in size, nothing put on disk."""

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from oonib.reference.problems import SourceProblem

LARGEST_FILE = 16 * 1024 * 1024
LARGEST = 64 * 1024 * 1024
"""Bytes of all lists together, and of all that is unpacked to find them, times four."""

# Archives of a repository have one folder around everything.
_MEMBER_RE = re.compile(r"(?:\./)?(?:[^/]+/)?lists/([^/]+\.csv)")
_COMMIT_RE = re.compile(r"[0-9a-f]{40}")
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)
_ZIP_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def read_archive(data: bytes, what: str) -> tuple[dict[str, bytes], str]:
    """The lists in an archive by file name, and the commit that it says it is of. Raises `SourceProblem`."""
    read = _from_zip if data.startswith(b"PK\x03\x04") else _from_tar
    found: dict[str, bytes] = {}
    commit = ""
    total = 0
    try:
        for name, content in read(data):
            if not name:
                commit = content.decode("ascii", "replace")
                continue
            found[name] = content
            total += len(content)
            if len(content) > LARGEST_FILE or total > LARGEST:
                raise SourceProblem(f"{what}: larger than any test lists")
    except _DAMAGE as exc:
        raise SourceProblem(f"{what}: neither a folder nor a sound tar or zip: {exc}"[:300]) from None
    if not found:
        raise SourceProblem(f"{what}: no lists/*.csv in it")
    return found, commit if _COMMIT_RE.fullmatch(commit) else ""


def _from_tar(data: bytes) -> Iterator[tuple[str, bytes]]:
    plain: BinaryIO = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        plain = cast("BinaryIO", gzip.GzipFile(fileobj=plain))
    counted = _Counted(plain)
    with tarfile.open(fileobj=counted, mode="r|") as archive:
        for member in archive:
            match = _MEMBER_RE.fullmatch(member.name)
            if match and member.isreg():
                stream = archive.extractfile(member)
                assert stream is not None
                yield match[1], stream.read(LARGEST_FILE + 1)
        yield "", archive.pax_headers.get("comment", "").encode()
    while counted.read(LARGEST_FILE):
        pass  # to its end, where gzip has the checksum


def _from_zip(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield "", archive.comment
        for member in archive.infolist():
            match = _MEMBER_RE.fullmatch(member.filename)
            if match and not member.is_dir():
                if member.compress_type not in _ZIP_METHODS or member.flag_bits & 1:
                    raise zipfile.BadZipFile("packed in a way that is not read here")
                with archive.open(member) as stream:
                    yield match[1], stream.read(LARGEST_FILE + 1)


class _Counted(io.RawIOBase):
    """A stream that fails beyond four times the largest lists, so that nothing unpacks for ever."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = 4 * LARGEST

    def read(self, size: int = -1, /) -> bytes:
        """As of any stream."""
        piece = self._source.read(size if size >= 0 else self._left + 1)
        self._left -= len(piece)
        if self._left < 0:
            raise SourceProblem(f"an archive unpacks to more than {4 * LARGEST} bytes")
        return piece
