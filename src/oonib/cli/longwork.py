"""How long work shows where it is: a progress bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from oonib.cli.common import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LINE_SECONDS = 10.0
_MEGABYTE = 1_000_000


class LongWork:
    """Progress of `what` on standard error. Nothing is said of work that is over before the first line."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._said = self._began
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._start_bar()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, share: float, size: int, remark: str) -> None:
        """Where the work is: `share` of it between 0 and 1, `size` bytes so far."""
        now = time.monotonic()
        speed = f"{size / _MEGABYTE / max(now - self._began, 0.001):.1f} MB/s"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=min(share, 1.0), speed=speed, remark=remark)
        elif now - self._said >= _LINE_SECONDS:
            self._said = now
            left = (now - self._began) * (1 - share) / share if share > 0 else 0
            say(f"{self._what}: {share:.1%}, {speed}, {left:.0f} s left, {remark}")

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>5.1f} %"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[remark]}"),
        )
        # What is printed meanwhile is the result and stays on standard output.
        self._bar = Progress(
            *columns, console=Console(stderr=True), refresh_per_second=4, redirect_stdout=False
        )
        self._task = self._bar.add_task(self._what, total=1.0, speed="", remark="")
        self._bar.start()
