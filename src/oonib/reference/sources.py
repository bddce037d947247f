"""Where reference files come from: a web address, a folder, or the set that ships with the package.

Owns reading a named file within a size limit. Knows nothing of what the files mean.
"""

from importlib.resources import files
from pathlib import Path

import httpx

STARTER = "starter"
"""The source that needs neither network nor configuration."""

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_TOTAL_BYTES = 64 * 1024 * 1024


class SourceProblem(Exception):
    """A file of a source cannot be read."""


def is_remote(source: str) -> bool:
    """Whether reading the source needs the network."""
    return source.startswith(("http://", "https://"))


def read_file(source: str, name: str, *, limit: int = _TOTAL_BYTES) -> bytes:
    """The file `name` of a source. Raises `SourceProblem`, also for a file above `limit` bytes."""
    if source == STARTER:
        return files("oonib.reference").joinpath("starter", name).read_bytes()
    if is_remote(source):
        return _download(f"{source.rstrip('/')}/{name}", limit)
    return _read_local(Path(source.removeprefix("file://")) / name, limit)


def _read_local(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as exc:
        raise SourceProblem(f"{path}: {exc.strerror or type(exc).__name__}") from None
    if len(data) > limit:
        raise SourceProblem(f"{path}: larger than {limit} bytes")
    return data


def _download(url: str, limit: int) -> bytes:
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=True) as response:
            if response.status_code != httpx.codes.OK:
                raise SourceProblem(f"{url}: status {response.status_code}")
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > limit:
                    raise SourceProblem(f"{url}: larger than {limit} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise SourceProblem(f"{url}: {exc or type(exc).__name__}") from None
    return bytes(data)
