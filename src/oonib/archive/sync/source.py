"""Which store a text names: a folder, an S3 bucket, its public address on the web. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_AMAZON_RE = re.compile(r"(?P<bucket>[a-z0-9.-]{3,63})\.s3[.-](?:(?P<region>[a-z0-9-]+)\.)?amazonaws\.com")
_PUBLIC = {"ooni-data-eu-fra": "eu-central-1", "ooni-data": "us-east-1"}
"""OONI's buckets, which everybody may read without keys, and where they are (pipeline contract 1.7)."""

_OONI = "s3://ooni-data-eu-fra"


class BadSource(ValueError):
    """The text names no store."""


@dataclass(frozen=True, slots=True)
class Source:
    """A store. `public`: asked without keys, whatever the settings have. None where the settings decide."""

    url: str
    endpoint_url: str | None = None
    region: str | None = None
    public: bool = False

    @property
    def folder(self) -> Path | None:
        """The folder, where it is one."""
        parts = urlsplit(self.url)
        if parts.scheme == "s3":
            return None
        return Path(unquote(parts.path)) if parts.scheme == "file" else Path(self.url)


def parse_source(text: str) -> Source:
    """The store that `text` names. Raises `BadSource`.

    `ooni`; a folder or `file://…`; `s3://bucket/prefix`; `https://bucket.s3.region.amazonaws.com/prefix`;
    `https://service/bucket/prefix` of another S3 service.
    """
    if text == "ooni":
        text = _OONI
    parts = urlsplit(text)
    if parts.scheme in ("http", "https"):
        return _on_the_web(text)
    if parts.scheme == "s3" and not parts.netloc:
        raise BadSource(f"no bucket in {text[:80]!r}")
    if parts.scheme == "s3" and parts.netloc in _PUBLIC:
        return Source(text, None, _PUBLIC[parts.netloc], public=True)
    if not text or parts.scheme not in ("", "s3", "file"):
        raise BadSource(f"neither a folder nor file://, s3:// or https://: {text[:80]!r}")
    return Source(text)


def _on_the_web(text: str) -> Source:
    parts = urlsplit(text)
    path = parts.path.strip("/")
    amazon = _AMAZON_RE.fullmatch(parts.hostname or "")
    if amazon is not None:
        bucket = amazon["bucket"]
        region = amazon["region"] or _PUBLIC.get(bucket)
        return Source(f"s3://{bucket}/{path}".rstrip("/"), None, region, public=True)
    if not path or parts.query or parts.username:
        raise BadSource(f"no S3 bucket in {text[:80]!r}: https://service/bucket, or s3://bucket")
    return Source(f"s3://{path}", f"{parts.scheme}://{parts.netloc}", None, public=True)
