"""The measurement uid: what it looks like and what can be read off it (probe contract 5.4).

`20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68`: time of reception in UTC, country, nettest
without underscores, first 16 hex digits of the SHA-512 over the stored bytes. Does not know how bytes are
stored.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

_UID_RE = re.compile(r"(2\d{13}\.\d{6})_([A-Z]{2})_([a-z0-9]+)_([0-9a-f]{16})", re.ASCII)
_LEGACY_RE = re.compile(r"01\d{8}[0-9a-f]{30}", re.ASCII)


class BadUid(ValueError):
    """The text is not a measurement uid."""


@dataclass(frozen=True, slots=True)
class MeasurementUid:
    """A uid taken apart. `str()` gives the uid back."""

    stamp: str
    cc: str
    test: str
    digest: str

    def __str__(self) -> str:
        return f"{self.stamp}_{self.cc}_{self.test}_{self.digest}"

    @property
    def hour(self) -> str:
        """`YYYYMMDDHH`: the hour of the archive that the measurement belongs to."""
        return self.stamp[:10]

    @property
    def spool_path(self) -> str:
        """`<hour>_<CC>_<test>/<uid>.post`, the place in the classic spool layout (probe contract 5.5)."""
        return f"{self.hour}_{self.cc}_{self.test}/{self}.post"


def make_uid(received: datetime, cc: str, test: str, stored: bytes) -> MeasurementUid:
    """The uid of `stored`, received at `received` (aware, UTC). `test` is the name without underscores."""
    digest = hashlib.sha512(stored).hexdigest()[:16]
    return MeasurementUid(received.strftime("%Y%m%d%H%M%S.%f"), cc.upper(), test, digest)


def parse_uid(text: str) -> MeasurementUid:
    """Take a uid apart. Raises `BadUid`."""
    match = _UID_RE.fullmatch(text)
    if match is None:
        raise BadUid(f"not a measurement uid: {text[:80]!r}")
    return MeasurementUid(*match.groups())


def is_uid(text: str) -> bool:
    """Whether `text` is a uid of the current kind or one made for a legacy report (`01…`)."""
    return _UID_RE.fullmatch(text) is not None or _LEGACY_RE.fullmatch(text) is not None
