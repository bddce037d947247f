"""Children that do not outlive their parent, and processes that stop when asked.

A parent that is killed cannot stop its children, so each child watches for itself. Owns no process: who
starts and restarts them is `supervisor`.
"""

import multiprocessing
import os
import signal
import threading
import time
from types import FrameType

SUPERVISED = "OONIB_SUPERVISED"
_LOOK_EVERY = 0.5


def follow_parent() -> None:
    """End this process at once when the process that started it is gone."""
    # The one that is remembered from the start may be gone by now, and then we have another parent already.
    started_by = multiprocessing.parent_process()
    parent = os.getppid() if started_by is None else started_by.pid

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def follow_supervisor() -> None:
    """The same for a process that `oonib up` started; one that was started by hand or by systemd stays."""
    if SUPERVISED in os.environ:
        follow_parent()


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set. For the main thread of a daemon."""
    stopping = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stopping
