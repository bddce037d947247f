"""What an API says while hostile clients are at it: its memory, and an ordinary client's waiting."""

import threading
import time
from types import TracebackType
from typing import Self

import psutil

from support.processes import Oonib

STALL = 1.5
LIMIT = 2_000_000
"""Deadline and body limit of the API that is attacked."""


def memory(api: Oonib) -> int:
    """Bytes of the whole tree, what is shared counted once."""
    total = 0
    for process in api.tree():
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


class Bystander:
    """An ordinary client beside the hostile ones; `seconds` is how long each of its requests took."""

    def __init__(self, api: Oonib) -> None:
        self.api = api
        self.seconds: list[float] = []
        self.statuses: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            started = time.monotonic()
            self.statuses.add(self.api.get("/version")[0])
            self.seconds.append(time.monotonic() - started)

    def check(self) -> None:
        """Every request was answered, and none had to wait for a place."""
        assert self.statuses == {200}
        # A connection that the system drops is tried again after a second: nothing may come near that.
        assert sorted(self.seconds)[int(len(self.seconds) * 0.95)] < 0.5
