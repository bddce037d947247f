"""Lines out of pieces, fast: whole pieces are split at once, and nothing is done per line but that."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oonib.archive.gunzip import LONGEST_LINE


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive lines without their ends; None stands for one that is too long.

    `first` is the number of the first, from 0; `ended` is whether each had its end, which only the last line
    of a file may lack.
    """

    first: int
    lines: list[bytes | None]
    ended: bool = True


def batches(pieces: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[Batch]:
    """The lines of a file. No more than `longest` bytes of an endless line are held."""
    first = 0
    open_line = _OpenLine(longest)
    for piece in pieces:
        lines: list[bytes | None] = [*piece.split(b"\n")]
        tail = lines.pop()
        if lines:
            open_line.add(lines[0] or b"")
            lines[0] = open_line.take()
            yield Batch(first, lines)
            first += len(lines)
        open_line.add(tail or b"")
    if open_line.size:
        yield Batch(first, [open_line.take()], ended=False)


class _OpenLine:
    """The beginning of a line whose end has not come yet."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self._longest:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def take(self) -> bytes | None:
        line = b"".join(self._parts) if self.size <= self._longest else None
        self._parts, self.size = [], 0
        return line
