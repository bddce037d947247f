"""What comes out of a file of the archive: measurements, and problems by name. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """One measurement of an archive file.

    `body` is what scoring takes: of a postcan the stored envelope, byte for byte; of everything else the
    measurement's JSON alone, on one line and without its end. `uid` is empty where the format carries none
    (lines since 2020, bare measurements); it is never written into `body`. `place` is
    `<file name>:<member or line number>`, lines counted from 0 (fastpath contract 11, step 4).
    """

    body: bytes
    uid: str
    place: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that gives no measurement. `reason` is a stable token, `detail` is for people."""

    place: str
    reason: str
    detail: str


class Damaged(Exception):
    """A file or member cannot be read any further. `reason` as in `Problem`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def at(self, place: str) -> Problem:
        """The same as a problem of `place`."""
        return Problem(place, self.reason, self.detail)
