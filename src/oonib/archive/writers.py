"""The two files of a can, written as a stream and the same for the same members, to the byte.

Owns the bytes on disk: tar headers, gzip members, checksums. Every old tool reads both; the `.jsonl.gz` is a
row of gzip members of about a megabyte, so that one measurement is one ranged read (design, section 6).
"""

import hashlib
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from isal import isal_zlib

_LEVEL = 2
_GZIP = 31
"""`wbits` for a gzip wrapper; isal writes its header without a time or a name."""

_MEMBER_BYTES = 1024 * 1024
"""Uncompressed bytes after which a gzip member of the `.jsonl.gz` is closed."""

_AT_ONCE = 64 * 1024
"""Uncompressed bytes that are compressed together: few enough to be still in the processor's cache."""

_BUFFER = 256 * 1024
_BLOCK = 512
_TAR_END = bytes(2 * _BLOCK)
_PADDING = [bytes(-size % _BLOCK) for size in range(_BLOCK)]


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file and what identifies its content. Checksums in hexadecimal."""

    path: Path
    size: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line lies: its number in the file; its gzip member, in bytes of the file; its number there."""

    linenum: int
    member_offset: int
    member_length: int
    line_in_member: int


class _Output:
    """A file that is counted and hashed while it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._md5.update(data)
        self._sha256.update(data)
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= _BUFFER:
            self._pass_on()

    def close(self) -> None:
        with self._file:
            self._pass_on()

    def abandon(self) -> None:
        self._file.close()

    def _pass_on(self) -> None:
        rest = memoryview(b"".join(self._held))
        self._held, self._held_bytes = [], 0
        while rest:
            rest = rest[self._file.write(rest) :]

    def written(self) -> Written:
        return Written(self._path, self.size, self._md5.hexdigest(), self._sha256.hexdigest())


class _GzipMember:
    """A gzip member that is written while its content comes in.

    What a compressor makes depends on the pieces it is given: these follow from the content alone.
    """

    def __init__(self, output: _Output) -> None:
        self._output = output
        self._gzip = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    def write(self, *pieces: bytes) -> None:
        self._waiting += pieces
        self._waiting_bytes += sum(map(len, pieces))
        if self._waiting_bytes >= _AT_ONCE:
            self._output.write(self._compressed())

    def end(self) -> None:
        self._output.write(self._compressed() + self._gzip.flush())

    def _compressed(self) -> bytes:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return self._gzip.compress(b"".join(waiting))


class _Writer:
    """What both writers share: the file is closed whatever happens, `finish` gives the result."""

    def __init__(self, path: Path) -> None:
        self._output = _Output(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._output.abandon()


class PostcanWriter(_Writer):
    """Writes the `.tar.gz`: posts under their spool paths, owned by nobody, from no time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._member = _GzipMember(self._output)
        self._headers = _Headers()

    def add(self, name: str, content: bytes) -> None:
        """Append a member."""
        size = len(content)
        self._member.write(self._headers.make(name, size), content, _PADDING[size % _BLOCK])

    def finish(self) -> Written:
        """End the archive; nothing can be added any more."""
        self._member.write(_TAR_END)
        self._member.end()
        self._output.close()
        return self._output.written()


class _Headers:
    """Headers of plain members. Those of one folder differ in the last part of the name and the size alone.

    The standard library makes one of each length of name; what differs is put into copies of it, which takes
    a tenth of the time.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], tuple[bytes, int, int] | None] = {}

    def make(self, name: str, size: int) -> bytes:
        """The header of a member of `size` bytes."""
        folder, slash, last = name.rpartition("/")
        key = (folder + slash, len(last))
        if key not in self._made:
            self._made[key] = _pattern(*key)
        pattern = self._made[key]
        if pattern is None or size >= _OCTAL_END or not last.isascii():
            return _header(name, size)
        block, at, total = pattern
        end, digits = last.encode(), b"%011o" % size
        checksum = b"%06o" % (total + sum(end) + sum(digits))
        after = at + len(end)
        return b"".join((block[:at], end, block[after:124], digits, block[135:148], checksum, block[154:]))


_OCTAL_END = 8**11


def _pattern(folder: str, length: int) -> tuple[bytes, int, int] | None:
    """A header, where the last part of its name begins, and the sum of its bytes without what differs."""
    block = _header(folder + "x" * length, 0)
    at = block[:100].rstrip(b"\0").rfind(b"x" * length)
    if len(block) != _BLOCK or length == 0 or at < 0:
        return None
    fixed = block[:at] + block[at + length : 124] + block[135:148] + b" " * 8 + block[156:]
    return block, at, sum(fixed)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    try:
        return info.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:  # a name that does not split into the two fields of the old format
        return info.tobuf(tarfile.GNU_FORMAT)


class LinesWriter(_Writer):
    """Writes the `.jsonl.gz` and remembers where each line went."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._places: list[Place] = []
        self._begin_member()

    def add(self, line: bytes) -> None:
        """Append a line, given without its end."""
        if self._lines and self._bytes + len(line) >= _MEMBER_BYTES:
            self._end_member()
            self._begin_member()
        self._member.write(line, b"\n")
        self._lines += 1
        self._bytes += len(line) + 1

    def finish(self) -> tuple[Written, list[Place]]:
        """End the file. One place per line, in order."""
        self._end_member()
        self._output.close()
        return self._output.written(), self._places

    def _begin_member(self) -> None:
        self._offset = self._output.size
        self._member = _GzipMember(self._output)
        self._lines = self._bytes = 0

    def _end_member(self) -> None:
        self._member.end()
        length = self._output.size - self._offset
        first = len(self._places)
        self._places += [Place(first + n, self._offset, length, n) for n in range(self._lines)]
