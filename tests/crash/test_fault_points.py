"""A kill at every named point from receiving to deletion: nothing acknowledged is lost or doubled (D1)."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.journal import Journal, check_archived, check_kept, check_none_twice, settle
from support.processes import Oonib, run_oonib, wait_until

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
ARCHIVING = [
    "archive.after_plan",
    "archive.after_build",
    "archive.after_upload_postcan",
    "archive.after_upload",
    "archive.after_index",
    "archive.before_release",
    "archive.after_release",
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Journal, Path]]:
    """One backend for all points: it has to get over each of them by itself."""
    folder = tmp_path_factory.mktemp("faults")
    switch = folder / "fault"
    with Oonib("up", data_dir=folder / "data", fingerprints_source="starter", fault_file=switch) as up:
        wait_until(lambda: up.get("/health")[0] == 200, 40, "a green backend")
        yield Journal(up), switch


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


@pytest.mark.parametrize("point", ARCHIVING)
def test_killed_while_archiving(faulty: tuple[Journal, Path], point: str) -> None:
    journal, switch = faulty
    journal.send(30)
    journal.send_again()
    settle(journal.backend)
    switch.write_text(point)
    killed = run_oonib("archive", "pack", "--now", env=journal.backend.environment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    check_kept(journal)
    done = run_oonib("archive", "pack", "--now", env=journal.backend.environment)
    assert done.returncode == 0, done.stderr
    check_archived(journal)
    check_kept(journal)
