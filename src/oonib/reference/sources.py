"""Where reference files come from: a web address, a folder, or the set that ships with the package.

Owns reading within limits of size and time, whatever the other side does. Knows nothing of what files mean.
"""

import asyncio
import gzip
import io
import zlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from oonib.reference.problems import SourceMissing, SourceProblem

__all__ = ["STARTER", "SourceMissing", "SourceProblem", "is_remote", "read_file", "read_source", "shown"]

STARTER = "starter"
"""The source that needs neither network nor configuration."""

_PAUSE = httpx.Timeout(30.0, connect=10.0)
_SECONDS = 120.0
_TOTAL_BYTES = 64 * 1024 * 1024
_PIECE = 1024 * 1024
_GZIP = b"\x1f\x8b"
_GONE = frozenset({404, 410})
_HEADERS = {
    # Some sources refuse a client that does not name itself.
    "User-Agent": "ooni-downloader",
    # Nothing is unpacked unseen: a small answer could become a huge one.
    "Accept-Encoding": "identity",
}


def is_remote(source: str) -> bool:
    """Whether reading the source needs the network."""
    return source.startswith(("http://", "https://"))


def local_path(source: str) -> Path:
    """The path that a local source names."""
    return Path(source.removeprefix("file://"))


def shown(source: str) -> str:
    """The source for people: a web address without credentials and query."""
    if "://" not in source:
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return "a malformed address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def read_file(source: str, name: str, *, limit: int = _TOTAL_BYTES) -> bytes:
    """The file `name` of a source. Raises `SourceProblem`, also for a file above `limit` bytes."""
    if source == STARTER:
        return files("oonib.reference").joinpath("starter", name).read_bytes()
    if is_remote(source):
        return read_source(f"{source.rstrip('/')}/{name}", limit=limit)
    return read_source(str(local_path(source) / name), limit=limit)


def read_source(source: str, *, limit: int = _TOTAL_BYTES) -> bytes:
    """What one address or path holds, unpacked if it is gzip. Raises `SourceProblem`."""
    data = read_packed(source, limit=limit)
    if not data.startswith(_GZIP):
        return data
    unpacked = bytearray()
    unpack(io.BytesIO(data), unpacked.extend, limit, shown(source))
    return bytes(unpacked)


def read_packed(source: str, *, limit: int = _TOTAL_BYTES) -> bytes:
    """What one address or path holds, as it is. Raises `SourceProblem`."""
    if not is_remote(source):
        return _read_local(local_path(source), limit)
    data = bytearray()
    download(source, data.extend, limit=limit)
    return bytes(data)


def download(url: str, take: Callable[[bytes], object], *, limit: int, seconds: float | None = None) -> None:
    """Hand what is at a web address to `take`, piece by piece. Raises `SourceProblem`, `SourceMissing`.

    Ends after `seconds` (None: two minutes) even if the other side sends on for ever.
    """
    patience = _SECONDS if seconds is None else seconds
    try:
        asyncio.run(_download(url, take, limit, patience))
    except TimeoutError:
        raise SourceProblem(f"{shown(url)}: not finished after {patience:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise SourceProblem(f"{shown(url)}: {exc or type(exc).__name__}") from None


def unpack(packed: BinaryIO, take: Callable[[bytes], object], limit: int, what: str) -> None:
    """Hand the contents of a gzip stream to `take`, piece by piece. Raises `SourceProblem`."""
    total = 0
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > limit:
                    raise SourceProblem(f"{what}: larger than {limit} bytes when unpacked")
                take(piece)
    except (OSError, EOFError, zlib.error) as exc:
        raise SourceProblem(f"{what}: damaged gzip: {exc}") from None


async def _download(url: str, take: Callable[[bytes], object], limit: int, seconds: float) -> None:
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=_PAUSE, follow_redirects=True) as client,
        client.stream("GET", url, headers=_HEADERS) as response,
    ):
        if response.status_code != httpx.codes.OK:
            kind = SourceMissing if response.status_code in _GONE else SourceProblem
            raise kind(f"{shown(url)}: status {response.status_code}")
        async for chunk in response.aiter_raw():
            if response.num_bytes_downloaded > limit:
                raise SourceProblem(f"{shown(url)}: larger than {limit} bytes")
            take(chunk)


def _read_local(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError as exc:
        raise SourceMissing(f"{path}: {exc.strerror}") from None
    except OSError as exc:
        raise SourceProblem(f"{path}: {exc.strerror or type(exc).__name__}") from None
    if len(data) > limit:
        raise SourceProblem(f"{path}: larger than {limit} bytes")
    return data
