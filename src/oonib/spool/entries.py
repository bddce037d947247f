"""What goes into the spool and what comes out. Plain values; bodies are compressed here and only here."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import zstandard

_LEVEL = 1
DIGEST_BYTES = 20
_DIGEST = hashlib.sha256
"""Processors compute it in hardware; it is cut to `DIGEST_BYTES`."""

FRAME_START = b"\x28\xb5\x2f\xfd"
"""How a compressed body begins, and no stored one: what of a damaged body is archived is told by it."""

_LARGEST_BODY = 80 * 1024 * 1024
"""More than any accepted body (64 MiB) with its envelope; a frame that claims more is corrupt."""


class CorruptBody(Exception):
    """A stored body does not decompress to what was stored: the disk changed it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One measurement to be kept: the uid it shall have, its digest for resubmissions, the bytes to store."""

    uid: str
    report_id: str
    digest: bytes
    stored: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told. For a resubmission the uid and report id are those of the first arrival."""

    uid: str
    report_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored measurement. `seq` grows in the order of commits."""

    seq: int
    uid: str
    packed: bytes

    def stored(self) -> bytes:
        """The stored bytes. Raises `CorruptBody`."""
        return unpack(self.packed)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A measurement that could not be scored, with the reason that names why. `at`: seconds, epoch."""

    seq: int
    uid: str
    reason: str
    detail: str = ""
    at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of the ledger: `n` measurements of `hour` had `outcome` for `reason`."""

    hour: str
    outcome: str
    reason: str
    n: int


def packer() -> Callable[[bytes], bytes]:
    """What compresses bodies, with a checksum, so that a flipped bit is found when the body is read.

    For one thread: making one costs as much as compressing a small body.
    """
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress


def pack(stored: bytes) -> bytes:
    """Compress one body."""
    return packer()(stored)


def unpack(packed: bytes) -> bytes:
    """Decompress what `pack` made. Raises `CorruptBody`."""
    return unpacker()(packed)


def unpacker() -> Callable[[bytes], bytes]:
    """What decompresses bodies as `unpack` does, for one thread: making one costs a third of its work."""
    decompress = zstandard.ZstdDecompressor().decompress

    def unpack_one(packed: bytes) -> bytes:
        try:
            size = zstandard.get_frame_parameters(packed).content_size
            if size > _LARGEST_BODY:
                raise CorruptBody(f"frame claims {size} bytes")
            return decompress(packed)
        except zstandard.ZstdError as exc:
            raise CorruptBody(f"{exc}") from None

    return unpack_one


def digest_of(report_id: str, content: bytes) -> bytes:
    """What a resubmission is recognised by: the measurement's bytes and the report it was sent under."""
    digest = _DIGEST(report_id.encode(errors="replace") + b"\0")
    digest.update(content)
    return digest.digest()[:DIGEST_BYTES]
