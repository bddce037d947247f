"""Small cans of every format of the archive, built in memory."""

import io
import tarfile
from collections.abc import Iterable

import lz4.frame
from isal import isal_zlib


def gz(*parts: bytes) -> bytes:
    """One gzip member; its parts may be many and large."""
    compressor = isal_zlib.compressobj(2, wbits=31)
    return b"".join(compressor.compress(part) for part in parts) + compressor.flush()


def lz(data: bytes) -> bytes:
    """One LZ4 frame."""
    compressed: bytes = lz4.frame.compress(data, content_checksum=True)
    return compressed


def tar(members: Iterable[tuple[str, bytes]], form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar of plain files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def header(name: str = "x.post", size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    """The header of a member that may claim anything."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.type = kind
    return info.tobuf(tarfile.GNU_FORMAT)


def post(content: bytes, form: bytes = b"json", verdict: bytes = b"t") -> bytes:
    """A stored envelope."""
    return b'{"format":"' + form + b'","content":' + content + b',"is_verified":"' + verdict + b'"}'


def report(*entries: bytes, header: bytes = b"") -> bytes:
    """A YAML report of a header that says IT, AS3269 and 2014-08-07, and the given entries."""
    common = b"probe_asn: AS3269\nprobe_cc: IT\nstart_time: 1407420650.5\ntest_name: vanilla_tor\n"
    return b"".join(b"---\n" + frame.rstrip(b"\n") + b"\n...\n" for frame in (common + header, *entries))
