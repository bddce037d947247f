"""A kill at every named point of archiving, up to deletion: nothing acknowledged is lost or doubled (D1)."""

import signal
from pathlib import Path

import pytest

from support.journal import Journal, check_archived, check_kept, settle
from support.processes import run_oonib

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(240)]

ARCHIVING = [
    "archive.after_plan",
    "archive.after_build",
    "archive.after_upload_postcan",
    "archive.after_upload",
    "archive.after_index",
    "archive.before_release",
    "archive.after_release",
]


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
