"""Where a body is kept and how anybody can check it: hashes, places in the archive, command lines. Pure."""

import hashlib
import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from oonib.archive.names import BadCanName, parse_can_key
from oonib.model.uid import BadUid, parse_uid

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the archive. Offsets are bytes of the object; -1 where they are not known."""

    key: str
    line: int
    member_offset: int = -1
    member_length: int = -1
    line_in_member: int = -1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of where a body is. `state`: `archived`, `spool`, `unknown`.

    `received`: when it came in, as its uid tells; `hour`: `YYYYMMDDHH`, that of the manifest; `proof`: the
    address of its proof of inclusion, empty where there cannot be one.
    """

    state: str
    received: str = ""
    sha256: str = ""
    bytes: int = 0
    place: Place | None = None
    hour: str = ""
    proof: str = ""
    commands: dict[str, str] = field(default_factory=dict)


def provenance(uid: str, body: bytes | None, place: Place | None, base_url: str) -> Provenance:
    """What a page says of it. `body`: the bytes as the API gives them."""
    received = _received(uid)
    state = "archived" if place else "spool" if received and body is not None else "unknown"
    hour = _hour(place)
    return Provenance(
        state,
        received,
        hashlib.sha256(body).hexdigest() if body is not None else "",
        len(body) if body is not None else 0,
        place,
        hour,
        f"/api/v1/archive/proof/{quote(uid, safe='')}" if hour else "",
        _commands(uid, place, base_url) if body is not None else {},
    )


def _received(uid: str) -> str:
    try:
        stamp = parse_uid(uid).stamp
        return f"{datetime.strptime(f'{stamp[:14]}+0000', '%Y%m%d%H%M%S%z'):%Y-%m-%dT%H:%M:%SZ}"
    except (BadUid, ValueError):
        return ""


def _hour(place: Place | None) -> str:
    try:
        return parse_can_key(place.key)[0].hour if place else ""
    except BadCanName:
        # Of an archive from before there were manifests.
        return ""


def _commands(uid: str, place: Place | None, base_url: str) -> dict[str, str]:
    """`check`: the same bytes and verdict again; `verify`: the hour against its manifest."""
    url = shlex.quote(f"{base_url}/api/v1/measurement/{quote(uid, safe='')}")
    made = {
        "check": f"curl -o measurement.json {url}\nsha256sum measurement.json\noonib score measurement.json"
    }
    if place and _hour(place):
        made["verify"] = _verify(place, base_url)
    return made


def _verify(place: Place, base_url: str) -> str:
    can = parse_can_key(place.key)[0]
    start = datetime.strptime(f"{can.hour}+0000", "%Y%m%d%H%z")
    window = f"--since {start:%Y-%m-%dT%H} --until {start + _HOUR:%Y-%m-%dT%H}"
    return f"oonib archive verify --from ./copy {window} --probe-cc {can.cc} --rows {shlex.quote(base_url)}"
