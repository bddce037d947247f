"""Keeps the process of the feeder running beside the scorer, and ends it with it."""

import subprocess
import threading
from collections.abc import Mapping, Sequence

import structlog

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_LOOK_EVERY = 0.2
_STOP_SECONDS = 1.5
_log = structlog.get_logger("fastpath")


class Keeper:
    """A thread that starts `command`, again when it ends, until `stopping` is set.

    Start it before the scorer lowers its priority: on Linux a thread, and what it starts, keeps the one it
    was made with, and acknowledging comes before scoring.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], stopping: threading.Event
    ) -> None:
        self._command = command
        self._environment = environment
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end, after `stopping` is set."""
        self._thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            status = self._once()
            if self._stopping.is_set():
                return
            _log.error("the feeder ended, starting it again", status=status, pause=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _once(self) -> int:
        process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, env=dict(self._environment), stdin=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and not self._stopping.wait(_LOOK_EVERY):
            continue
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
