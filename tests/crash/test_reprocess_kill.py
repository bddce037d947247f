"""`oonib reprocess` killed in the middle and started again: the rows are those of a run left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from support.processes import Oonib, wait_until
from support.reprocessing import live

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(240)]

POINTS = ("reprocess.after_checkpoint", "reprocess.after_insert", "fastpath.after_insert")
SMALL = ("--batch-rows", "15")


def test_killed_and_resumed(backend: Oonib, tmp_path: Path) -> None:
    backend.start()
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    archived = live(backend, tmp_path, count=60)
    archived.spoil()
    fault = tmp_path / "fault"
    words: tuple[str, ...] = ("--restart",)
    for point in POINTS:
        fault.write_text(point)
        killed = archived.reprocess(
            *SMALL, *words, env={**backend.environment, "OONIB_FAULT_FILE": str(fault)}
        )
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
        words = ()
    done = archived.reprocess()
    assert done.returncode == 0, done.stderr
    assert "were done by an earlier run" in done.stderr
    assert archived.now() == archived.rows

    archived.spoil()
    crew = kill_a_scorer_and_stop(archived.period, backend)
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in crew), 10, "no process left behind")
    done = archived.reprocess()
    assert done.returncode == 0, done.stderr
    assert archived.now() == archived.rows


def kill_a_scorer_and_stop(period: tuple[str, ...], backend: Oonib) -> list[int]:
    """A run one of whose processes is killed and that is then asked to stop; the processes it had."""
    command = [sys.executable, "-m", "oonib", "reprocess", *period, "--restart", "--workers", "2"]
    run = subprocess.Popen(command, env=backend.environment, stderr=subprocess.PIPE, text=True)
    crew = wait_until(lambda: psutil.Process(run.pid).children(recursive=True), 20, "its processes")
    time.sleep(0.3)
    os.kill(crew[-1].pid, signal.SIGKILL)
    run.terminate()
    _, said = run.communicate(timeout=30)
    assert run.returncode in (0, 1), said
    assert "Traceback" not in said
    return [child.pid for child in crew]
