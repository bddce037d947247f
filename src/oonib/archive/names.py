"""How the objects of the archive are called (fastpath contract 9.2, 9.4, 11). Pure.

`raw/<YYYYMMDD>/<HH>/<CC>/<test>/<YYYYMMDDHH>_<CC>_<test>.n<collector>.<k>.{tar.gz,jsonl.gz}`. Readers all
over the world take these names apart by position, so they are made and read here and nowhere else.
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["tar.gz", "jsonl.gz"]
"""A postcan (the posts as they were stored) or the measurements alone, one a line."""

_KEY_RE = re.compile(
    r"raw/(?P<day>\d{8})/(?P<hh>\d{2})/(?P<cc>[A-Z]{2})/(?P<test>[a-z0-9]+)/"
    r"(?P=day)(?P=hh)_(?P=cc)_(?P=test)\.n(?P<collector>[A-Za-z0-9]+)\.(?P<number>\d{1,9})"
    r"\.(?P<kind>tar\.gz|jsonl\.gz)",
    re.ASCII,
)


class BadCanName(ValueError):
    """The text is not the key of a can."""


@dataclass(frozen=True, slots=True)
class CanName:
    """What the two objects of a can have in common: `hour` is `YYYYMMDDHH`, `test` without underscores."""

    hour: str
    cc: str
    test: str
    collector: str
    number: int

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        return f"{self.hour}_{self.cc}_{self.test}.n{self.collector}.{self.number}"

    def key(self, kind: Kind) -> str:
        """The key of one of its objects."""
        return f"raw/{self.hour[:8]}/{self.hour[8:]}/{self.cc}/{self.test}/{self.stem}.{kind}"

    @property
    def postcan(self) -> str:
        """The key of the posts."""
        return self.key("tar.gz")

    @property
    def jsonl(self) -> str:
        """The key of the measurements."""
        return self.key("jsonl.gz")


def parse_can_key(key: str) -> tuple[CanName, Kind]:
    """Take the key of a can's object apart. Raises `BadCanName`."""
    match = _KEY_RE.fullmatch(key)
    if match is None:
        raise BadCanName(f"not the key of a can: {key[:120]!r}")
    part = match.groupdict()
    name = CanName(part["day"] + part["hh"], part["cc"], part["test"], part["collector"], int(part["number"]))
    return name, "tar.gz" if part["kind"] == "tar.gz" else "jsonl.gz"
