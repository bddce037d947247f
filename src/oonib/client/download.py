"""Days of the archive to a folder: listed, fetched, checked, resumed.

The archive is a public bucket of an S3 service, asked over plain HTTP: `list-type=2` pages of keys below
`raw/YYYYMMDD/`, then each object. What was fetched before and is whole is not fetched again; a file that
was cut short is continued where the store still has the same object.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote_plus

import httpx

from oonib.client.asking import Asking
from oonib.client.errors import BadAnswer, ChecksumMismatch, Refused

OONI = "https://ooni-data-eu-fra.s3.eu-central-1.amazonaws.com"
_ENTRY_RE = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_TAG_RE = re.compile(r"<(Key|Size|ETag|NextContinuationToken)>(.*?)</\1>", re.DOTALL)
_MD5_RE = re.compile(r"[0-9a-f]{32}")
_PART = ".part"
_OTHER_OBJECT = (412, 416)
"""It was replaced meanwhile, or is shorter than what is here."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of the store. `etag` without quotes: the MD5 of the content, unless it came in parts."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is whole. `fetched`: bytes that came over the network for it, 0 where it was there."""

    path: Path
    key: str
    size: int
    fetched: int


class Archive:
    """The public archive of a backend. `url` of the bucket: OONI's own unless given."""

    def __init__(
        self, url: str = OONI, *, patience: float = 120.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url = url.rstrip("/")
        # As stored: a body that the client undoes the compression of would fit neither size nor checksum.
        headers = {"Accept-Encoding": "identity"}
        http = httpx.Client(timeout=httpx.Timeout(60.0, connect=10.0), headers=headers, transport=transport)
        self._asking = Asking(http, patience)

    def close(self) -> None:
        """Close the connections."""
        self._asking.close()

    def objects(
        self,
        day: date,
        *,
        probe_cc: str | None = None,
        test_name: str | None = None,
        suffix: str = ".jsonl.gz",
    ) -> Iterator[Listed]:
        """What the store has of a day. `test_name` with or without underscores."""
        test = None if test_name is None else test_name.replace("_", "")
        for listed in self._below(f"raw/{day:%Y%m%d}/"):
            parts = listed.key.split("/")
            if (
                len(parts) == 6  # raw, day, hour, country, test, name
                and listed.key.endswith(suffix)
                and probe_cc in (None, parts[3])
                and test in (None, parts[4])
            ):
                yield listed

    def download(
        self,
        day: date,
        folder: Path | str,
        *,
        probe_cc: str | None = None,
        test_name: str | None = None,
        suffix: str = ".jsonl.gz",
    ) -> Iterator[Downloaded]:
        """Fetch the objects of a day below `folder`, under their keys; each file as it is whole.

        Raises `ClientError` kinds; called again, it goes on where it was.
        """
        for listed in self.objects(day, probe_cc=probe_cc, test_name=test_name, suffix=suffix):
            path = Path(folder, *_safe_parts(listed.key))
            yield Downloaded(path, listed.key, listed.size, self._complete(listed, path))

    def _below(self, prefix: str) -> Iterator[Listed]:
        asked = [("list-type", "2"), ("prefix", prefix), ("encoding-type", "url")]
        following: list[tuple[str, str]] = []
        while True:
            page = self._asking.get_bytes(f"{self._url}/", [*asked, *following]).decode("utf-8", "replace")
            if "<ListBucketResult" not in page:
                raise BadAnswer(f"{self._url}: not a listing")
            yield from (_listed(entry) for entry in _ENTRY_RE.findall(page))
            token = dict(_TAG_RE.findall(_ENTRY_RE.sub("", page))).get("NextContinuationToken")
            if not token:
                return
            following = [("continuation-token", html.unescape(token))]

    def _complete(self, listed: Listed, path: Path) -> int:
        if path.exists() and path.stat().st_size == listed.size and _agrees(listed, path):
            return 0
        part = path.with_name(path.name + _PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        fetched = 0
        while (more := self._asking.patiently(lambda: self._more(listed, part))) is not None:
            fetched += more
        if not _agrees(listed, part):
            part.unlink()
            raise ChecksumMismatch(listed.key)
        part.replace(path)
        return fetched

    def _more(self, listed: Listed, part: Path) -> int | None:
        """Fetch what is missing of a file; how many bytes came, None where no more will."""
        start = part.stat().st_size if part.exists() else 0
        if part.exists() and start == listed.size:
            return None
        try:
            # Only of the object that is listed now: the rest of another one would not fit.
            got = self._fetch(listed, part, start if start < listed.size else 0)
        except Refused as exc:
            if start and exc.status in _OTHER_OBJECT:
                part.unlink()
                return 0
            raise
        return got or None

    def _fetch(self, listed: Listed, part: Path, start: int) -> int:
        headers = {"Range": f"bytes={start}-", "If-Match": f'"{listed.etag}"'} if start else {}
        url = f"{self._url}/{quote(listed.key)}"
        with self._asking.opened(url, headers=headers) as answer, part.open("ab") as file:
            if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                file.truncate(0)
                start = 0
            got = 0
            # As it comes: pieces of a size would hold back what came before a connection broke.
            for piece in answer.iter_raw():
                got += len(piece)
                if start + got > listed.size:
                    raise BadAnswer(f"{listed.key}: longer than listed")
                file.write(piece)
        return got


def _listed(entry: str) -> Listed:
    tags = {name: html.unescape(text) for name, text in _TAG_RE.findall(entry)}
    try:
        return Listed(unquote_plus(tags["Key"]), int(tags["Size"]), tags["ETag"].strip('"'))
    except (KeyError, ValueError) as exc:
        raise BadAnswer("a listing without keys, sizes or tags") from exc


def _safe_parts(key: str) -> tuple[str, ...]:
    """The parts of a key as names of folders and a file. Raises `BadAnswer` for one that leads elsewhere."""
    parts = PurePosixPath(key).parts
    if any(part in ("..", "/") or "\\" in part or "\0" in part or ":" in part for part in parts):
        raise BadAnswer(f"not the key of an object of the archive: {key[:100]!r}")
    return parts


def _agrees(listed: Listed, path: Path) -> bool:
    if path.stat().st_size != listed.size:
        return False
    if _MD5_RE.fullmatch(listed.etag) is None:
        return True
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return digest == listed.etag
