"""A kill at every named point from receiving to the score: nothing acknowledged is lost or doubled (D1)."""

from pathlib import Path

import pytest

from support.journal import Journal, check_kept, check_none_twice, settle
from support.processes import wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(240)]

RECEIVING = ["collector.before_spool", "spool.before_commit", "spool.after_commit", "collector.before_answer"]
SCORING = [
    "fastpath.before_insert",
    "fastpath.after_insert",
    "fastpath.before_mark",
    "spool.before_settle",
    "spool.after_settle",
    "fastpath.after_mark",
]


@pytest.mark.parametrize("point", [*RECEIVING, *SCORING])
def test_killed_while_receiving_or_scoring(faulty: tuple[Journal, Path], point: str) -> None:
    journal, switch = faulty
    journal.start_load(clients=2, pause=0.02)
    switch.write_text(point)
    wait_until(lambda: not switch.exists(), 30, f"a process at {point}")
    journal.stop_load()
    wait_until(lambda: journal.backend.get("/version")[0] == 200, 30, "the API to be back")
    journal.send_again()
    settle(journal.backend)
    check_kept(journal)
    check_none_twice(journal)
