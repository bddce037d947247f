"""Places in the feed, and events as text (HTML standard, server-sent events). Pure."""

import re
from dataclasses import dataclass
from typing import Any, Self

import orjson

from oonib.errors import BadRequest

_ID_RE = re.compile(r"([0-9]{1,14})-([A-Za-z0-9._~]{0,200})", re.ASCII)

HEARTBEAT = b": heartbeat\n\n"
BEGIN = b"retry: 3000\n\n"
GAP = b"event: gap\ndata: {}\n\n"
"""What the client missed is not kept any more."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Behind a measurement: when it arrived, in milliseconds since the epoch, and its uid."""

    arrived: int
    uid: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the id of an event. Raises `BadRequest`."""
        found = _ID_RE.fullmatch(text)
        if found is None:
            raise BadRequest("Last-Event-ID is not the id of an event of this stream")
        return cls(int(found[1]), found[2])

    @property
    def text(self) -> str:
        """As the id of an event."""
        return f"{self.arrived}-{self.uid}"


def mark(position: Position) -> bytes:
    """Nothing but an id: a client that comes back goes on from there."""
    return b"id: %s\n\n" % position.text.encode()


def event(position: Position, measurement: dict[str, Any]) -> bytes:
    """An event. JSON has no line breaks outside strings and escapes those inside, so a line holds it."""
    return b"id: %s\nevent: measurement\ndata: %s\n\n" % (position.text.encode(), orjson.dumps(measurement))
