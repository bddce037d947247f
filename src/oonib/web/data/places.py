"""Which places of the object store have a page or can be downloaded: those whose names have a known form.

Pure. A place of the archive is a folder `raw/<day>/<hour>/<country>/<nettest>` or one above it.
"""

import re
from dataclasses import dataclass

from oonib.archive.names import BadCanName, parse_can_key
from oonib.measurements.export import PREFIX

_LEVELS = (
    ("day", re.compile(r"[0-9]{8}", re.ASCII)),
    ("hour", re.compile(r"[0-9]{2}", re.ASCII)),
    ("country", re.compile(r"[A-Z]{2}", re.ASCII)),
    ("nettest", re.compile(r"[a-z0-9]{1,60}", re.ASCII)),
)
_EXPORT_RE = re.compile(
    rf"{PREFIX}/date=[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}/(manifest\.json|v[0-9]{{4,9}}-[0-9]{{2,9}}\.parquet)",
    re.ASCII,
)
_TYPES = {
    ".gz": "application/gzip",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the archive: the names on the way to it, outermost first."""

    names: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """Its key in the object store."""
        return "/".join(("raw", *self.names))

    @property
    def holds(self) -> str:
        """What lies in it: days, hours, countries, nettests or objects."""
        kinds = ("days", "hours", "countries", "nettests", "objects")
        return kinds[len(self.names)]

    @property
    def above(self) -> "tuple[Place, ...]":
        """The places on the way to it, outermost first."""
        return tuple(Place(self.names[:depth]) for depth in range(len(self.names)))

    def may_hold(self, name: str) -> bool:
        """Whether a folder of this name is one of the archive."""
        return len(self.names) < len(_LEVELS) and bool(_LEVELS[len(self.names)][1].fullmatch(name))


def parse_place(path: str) -> Place | None:
    """The place of a path below `raw/`, None where there can be none."""
    place = Place(())
    for name in path.split("/") if path else ():
        if not place.may_hold(name):
            return None
        place = Place((*place.names, name))
    return place


def is_public(key: str) -> bool:
    """Whether an object may be downloaded: a can, or a part of an export."""
    if _EXPORT_RE.fullmatch(key):
        return True
    try:
        parse_can_key(key)
    except BadCanName:
        return False
    return True


def media_type(key: str) -> str:
    """The type of an object by its name."""
    return next((kind for ending, kind in _TYPES.items() if key.endswith(ending)), "application/octet-stream")
