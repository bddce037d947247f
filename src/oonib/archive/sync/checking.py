"""Whether a file is the object that it is a copy of: by size, and by the strongest checksum that is known."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from oonib.objects import ObjectInfo

_MD5_RE = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must have. Checksums in hexadecimal, None where none is known."""

    size: int
    md5: str | None = None
    sha256: str | None = None

    @property
    def checksum(self) -> tuple[str, str] | None:
        """The strongest checksum that is known, with its name."""
        if self.sha256 is not None:
            return "sha256", self.sha256
        return None if self.md5 is None else ("md5", self.md5)


def expected_of(info: ObjectInfo, sha256: str | None = None) -> Expected:
    """What the store, and perhaps a manifest, say of an object. An ETag of parts or of a folder is no MD5."""
    etag = info.etag or ""
    return Expected(info.size, etag if _MD5_RE.fullmatch(etag) else None, sha256)


def digest_of(path: Path, kind: str) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


def agrees(path: Path, expected: Expected) -> bool:
    """Whether a file has the size and, where one is known, the checksum."""
    if path.stat().st_size != expected.size:
        return False
    return expected.checksum is None or digest_of(path, expected.checksum[0]) == expected.checksum[1]
