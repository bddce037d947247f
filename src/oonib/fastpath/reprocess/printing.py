"""Rows on standard output instead of in the table: in the order of the archive, one JSON object a line."""

from collections.abc import Callable, Sequence

from oonib.fastpath.offline.rendering import row_line
from oonib.fastpath.reprocess.checkpoint import DoneFile
from oonib.fastpath.worker import Outcome


class PrintingSink:
    """Prints rows with `out`."""

    ordered = True

    def __init__(self, out: Callable[[str], None]) -> None:
        self._out = out

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Print rows."""
        if outcomes:
            self._out("\n".join(map(row_line, outcomes)))

    def finish(self, done: DoneFile) -> None:
        """Nothing is kept of a file."""

    def close(self) -> None:
        """Everything is printed already."""
