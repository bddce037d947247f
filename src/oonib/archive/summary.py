"""What a packing run did, what went wrong and what is left. Plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

_NAMED = 5


@dataclass(frozen=True, slots=True)
class PackProblem:
    """A step of a can, or of a group before it had one, that did not work. It is tried again next time."""

    can: str
    step: str
    message: str


@dataclass(frozen=True, slots=True)
class UnreadablePost:
    """A post that is in its postcan but has `{}` for a line and no row, and why."""

    uid: str
    reason: str


@dataclass(slots=True)
class PackSummary:
    """Counts of this run; `left` and `waiting` tell what the next one has to do.

    `left`: recorded cans that are not indexed yet. `unscored`: indexed cans of which posts stay in the spool
    until the scorer is done with them. `waiting`: posts of closed hours in no can yet.
    """

    planned: int = 0
    uploaded: int = 0
    indexed: int = 0
    released: int = 0
    manifests: int = 0
    measurements: int = 0
    bytes_uploaded: int = 0
    left: int = 0
    unscored: int = 0
    waiting: int = 0
    unreadable: list[UnreadablePost] = field(default_factory=list)
    problems: list[PackProblem] = field(default_factory=list)

    def __str__(self) -> str:
        text = (
            f"{self.measurements} measurements in {self.indexed} cans archived, {self.released} released;"
            f" {self.waiting} posts and {self.left} cans left, {self.unscored} cans wait for the scorer"
        )
        if self.unreadable:
            text += f"; {len(self.unreadable)} unreadable posts: " + _some(
                post.uid for post in self.unreadable
            )
        if self.problems:
            named = (f"{problem.can}: {problem.step}: {problem.message}" for problem in self.problems)
            text += f"; {len(self.problems)} problems: " + _some(named)
        return text

    @property
    def ok(self) -> bool:
        """Whether every step that was tried worked."""
        return not self.problems


def _some(items: Iterable[str]) -> str:
    return "; ".join(islice(items, _NAMED))
