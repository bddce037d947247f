"""What a publisher says of a GeoIP file beside it: name and SHA-256 in `latest.yml` (ops contract 1.4).

Most places have no such file, and one about another file says nothing: then nothing is compared.
"""

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from oonib.reference.problems import SourceProblem
from oonib.reference.sources import download, unpack

BESIDE = "latest.yml"
_BYTES = 64 * 1024
_SECONDS = 30.0
_GZIP_SUFFIX = ".gz"
_FIELD_RE = re.compile(r"""^[ \t-]*(filename|sha256)[ \t]*:[ \t]*["']?([^\s"']+)""", re.MULTILINE)


def as_announced(url: str, packed: Path, limit: int) -> bool:
    """Whether `packed`, just fetched from `url`, is the file that the one beside it is about, if any.

    The digest may be that of the packed file or of what is in it, by its name; the latter has up to `limit`
    bytes. Raises `SourceProblem` for what cannot be unpacked.
    """
    digests = _digests(url)
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    if name in digests:
        with packed.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == digests[name]
    plain = name.removesuffix(_GZIP_SUFFIX)
    if plain in digests:
        return _unpacked_digest(packed, limit) == digests[plain]
    return True


def _digests(url: str) -> dict[str, str]:
    """Digests in lower case by file name; empty where there is nothing beside that can be read."""
    parts = urlsplit(url)
    beside = urlunsplit(
        parts._replace(path=f"{parts.path.rpartition('/')[0]}/{BESIDE}", query="", fragment="")
    )
    raw = bytearray()
    try:
        download(beside, raw.extend, limit=_BYTES, seconds=_SECONDS)
    except SourceProblem:
        return {}
    found = _FIELD_RE.findall(raw.decode("utf-8", "replace"))
    names, digests = ([value for key, value in found if key == wanted] for wanted in ("filename", "sha256"))
    return {name.rpartition("/")[2]: digest.lower() for name, digest in zip(names, digests, strict=False)}


def _unpacked_digest(packed: Path, limit: int) -> str:
    digest = hashlib.sha256()
    with packed.open("rb") as stream:
        unpack(stream, digest.update, limit, packed.name)
    return digest.hexdigest()
