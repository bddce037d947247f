"""ClickHouse kept down under load: submissions go on, the backlog is worked off (reliability D7)."""

import time

import psutil
import pytest

from support.journal import Journal, check_kept, check_none_twice, settle
from support.processes import Oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse]


def keep_down(backend: Oonib, seconds: float) -> int:
    """Kill every ClickHouse that appears for so long; how many there were."""
    killed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for process in backend.tree():
            try:
                if process.cmdline()[-1:] == ["clickhouse"]:
                    process.kill()
                    killed += 1
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.1)
    return killed


def outage(backend: Oonib, seconds: float) -> None:
    backend.start("/health")
    journal = Journal(backend)
    journal.start_load(pause=0.02)
    time.sleep(1)
    assert keep_down(backend, seconds) > 0
    down = backend.get("/health")
    before = len(journal.acknowledged)
    wait_until(lambda: len(journal.acknowledged) > before + 20, 20, "submissions during the outage")
    journal.stop_load()
    assert not journal.failures, journal.failures
    assert down[0] in (503, 200)
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    settle(backend)
    check_kept(journal)
    check_none_twice(journal)


@pytest.mark.timeout(240)
def test_a_few_seconds(backend: Oonib) -> None:
    outage(backend, 6)


@pytest.mark.slow
def test_a_minute(backend: Oonib) -> None:
    outage(backend, 60)
