"""Children end with their parent, also when it was gone before they looked."""

import multiprocessing
import subprocess
import sys

_PROGRAM = """
import multiprocessing, os, time
from oonib.lifeline import follow_parent

def late():
    time.sleep(0.5)
    follow_parent()
    time.sleep(60)

if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=late)
    child.start()
    print(child.pid, flush=True)
    os._exit(0)
"""


def test_a_parent_that_is_gone_already_counts_as_gone() -> None:
    assert multiprocessing.parent_process() is None
    # The child holds the pipe open as long as it lives.
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, timeout=10, check=True, text=True
    )
    assert done.stdout.strip().isdigit()
