"""What jobs said, made fit for everybody: without the places of this host's disk. Pure."""

import re

_PATH_RE = re.compile(r"(?<![\w:/.])(?:~|\.{0,2})/[^\s'\",;:]+")
"""A path, and no address of the web: those have a colon or a slash before theirs."""


def public(message: str) -> str:
    """A message with each path cut to its last name."""
    return _PATH_RE.sub(lambda found: "…/" + found[0].rstrip("/").rsplit("/", 1)[-1], message)
