"""What verification can find, in words that stay the same. Plain values."""

from dataclasses import dataclass

from oonib.archive.reading import Problem


@dataclass(frozen=True, slots=True)
class CanChecked(Problem):
    """No difference, but the end of a can: what was read of it. `size` is in bytes as stored."""

    size: int = 0
    lines: int = 0
    removed: int = 0


def difference(place: str, reason: str, detail: str) -> Problem:
    """Something that is not as it was signed."""
    return Problem(place, reason, detail)
