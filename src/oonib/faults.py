"""Named fault points for the crash tests: a process kills itself where a file says so.

`OONIB_FAULT_FILE` names a file. While it holds the name of a point, the first process that gets there
removes the file and ends itself with SIGKILL, exactly once. Without the variable a fault point is a call
that does nothing.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

VARIABLE = "OONIB_FAULT_FILE"


def nothing(_point: str) -> None:
    """The fault point of normal operation."""


def from_environment() -> Callable[[str], None]:
    """What code calls at its fault points."""
    name = os.environ.get(VARIABLE)
    if not name:
        return nothing
    path = Path(name)

    def reach(point: str) -> None:
        try:
            wanted = path.read_text(encoding="ascii").strip()
            if wanted == point:
                # Of several processes that are here at once, the one that removes the file dies.
                path.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        except FileNotFoundError:
            return

    return reach
