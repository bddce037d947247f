"""Addresses of repositories: what git may speak to, and what GitHub calls it. Pure."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_SHORT_RE = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)
_URL_RE = re.compile(r"(?:https|ssh|file)://[A-Za-z0-9._~:/@%+-]+", re.ASCII)
_PATH_RE = re.compile(rf"/(?:.*/)?({_NAME})/({_NAME}?)(?:\.git)?/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository. `owner` and `name` are the last two parts of its path."""

    url: str
    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `owner/name` for one of GitHub, or https://…, ssh://… or file://…. Raises `ValueError`."""
        url = f"https://github.com/{text}.git" if _SHORT_RE.fullmatch(text) else text
        parts = urlsplit(url)
        found = _PATH_RE.fullmatch(parts.path)
        if _URL_RE.fullmatch(url) is None or found is None or ".." in url:
            raise ValueError("neither owner/name nor an address https://, ssh:// or file:// that ends so")
        if parts.password is not None or (parts.username is not None and parts.scheme != "ssh"):
            raise ValueError("who pushes is said by github_user and github_token")
        return cls(url, found[1], found[2].removesuffix(".git"))

    @property
    def slug(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"

    @property
    def scheme(self) -> str:
        """The protocol."""
        return urlsplit(self.url).scheme

    @property
    def site(self) -> str:
        """Where people look at it; GitHub for those that are reached in another way."""
        parts = urlsplit(self.url)
        return f"https://{parts.netloc}" if parts.scheme == "https" else "https://github.com"
