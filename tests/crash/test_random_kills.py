"""SIGKILL of the whole tree at random instants under load, again and again (reliability D2)."""

import random
import time

import pytest

from support.journal import Journal, check_archived, check_kept, check_none_twice, settle
from support.processes import Oonib, run_oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse]


def rounds(backend: Oonib, count: int) -> None:
    journal = Journal(backend)
    instants = random.Random(20260302)
    for number in range(count):
        backend.start()
        journal.start_load()
        if number % 5 == 4:
            run_oonib("archive", "pack", "--now", env=backend.environment)
        time.sleep(instants.uniform(0.1, 2.5))
        backend.kill()
        journal.stop_load()
    backend.start()
    wait_until(lambda: backend.get("/health")[0] == 200, 40, "a green backend")
    journal.send_again()
    settle(backend)
    assert len(journal.acknowledged) > 20 * count
    check_kept(journal)
    check_none_twice(journal)
    packed = run_oonib("archive", "pack", "--now", env=backend.environment, timeout=300)
    assert packed.returncode == 0, packed.stderr
    check_archived(journal)


@pytest.mark.timeout(240)
def test_a_round(backend: Oonib) -> None:
    rounds(backend, 1)


@pytest.mark.slow
def test_fifty_rounds(backend: Oonib) -> None:
    rounds(backend, 50)
