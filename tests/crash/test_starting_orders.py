"""The processes of a host started one by one, in any order (reliability D10).

The first order is that of a first start; the others are restarts on the data of the one before. What is
sent while the rest is still missing is scored and archived like everything else.
"""

import itertools
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.journal import Journal, check_archived, check_kept, check_none_twice, settle
from support.processes import Oonib, run_oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse]

COMMANDS = {"clickhouse": ("clickhouse",), "fastpath": ("fastpath",), "jobs": ("jobs", "run")}
NAMES = ("api", *COMMANDS)


class Host:
    """The processes of one data folder, without `oonib up`."""

    def __init__(self, folder: Path) -> None:
        self.api = Oonib("api", data_dir=folder / "data", fingerprints_source="starter")
        self.journal = Journal(self.api)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def started(self, order: Sequence[str]) -> Iterator[None]:
        """All of them, each when the one before is at work; stopped in the same order."""
        try:
            for name in order:
                self._start(name)
            yield
            assert self._stop(order) == dict.fromkeys(order, 0)
        finally:
            self.api.kill()
            for process in self.running.values():
                process.kill()
                process.wait(30)

    def _start(self, name: str) -> None:
        if name == "api":
            self.api.start()
            self.journal.send(3)
            return
        log = self.api.data_dir / f"{name}.log"
        begun = log.stat().st_size if log.exists() else 0
        with log.open("ab") as file:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "oonib", *COMMANDS[name]],
                env=self.api.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        if name != "fastpath":  # says nothing before its first batch
            wait_until(lambda: log.stat().st_size > begun, 60, f"a word of {name}")

    def _stop(self, order: Sequence[str]) -> dict[str, int]:
        status = {}
        for name in order:
            if name == "api":
                status[name] = self.api.stop(30)
            else:
                process = self.running.pop(name)
                process.send_signal(signal.SIGTERM)
                status[name] = process.wait(30)
        return status

    def work(self) -> None:
        """Everything sent so far, and something more, is scored."""
        self.journal.send_again()
        wait_until(lambda: self.api.get("/health")[0] == 200, 90, "a green backend")
        self.journal.send(3)
        settle(self.api, 90)

    def check(self) -> None:
        """Everything that was sent is scored, archived and served, once."""
        packed = run_oonib("archive", "pack", "--now", env=self.api.environment)
        assert packed.returncode == 0, packed.stderr
        check_kept(self.journal)
        check_none_twice(self.journal)
        check_archived(self.journal)


def run(folder: Path, orders: Sequence[Sequence[str]], checked: Sequence[int]) -> None:
    host = Host(folder)
    for number, order in enumerate(orders):
        migrate = None
        if number == 0:
            # As `oonib up` does: it waits for ClickHouse.
            migrate = subprocess.Popen(
                [sys.executable, "-m", "oonib", "db", "migrate", "--wait", "120"],
                env=host.api.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        with host.started(order):
            if migrate is not None:
                assert migrate.wait(120) == 0
            host.work()
            if number in checked:
                host.check()
    assert len(host.journal.acknowledged) == 6 * len(orders)


@pytest.mark.timeout(240)
def test_three_orders(tmp_path: Path) -> None:
    run(
        tmp_path,
        [
            ("api", "fastpath", "jobs", "clickhouse"),
            ("jobs", "clickhouse", "api", "fastpath"),
            ("fastpath", "jobs", "api", "clickhouse"),
        ],
        checked=[2],
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_order(tmp_path: Path) -> None:
    orders = list(itertools.permutations(NAMES))
    random.Random(5).shuffle(orders)
    assert len(orders) == 24
    run(tmp_path, orders, checked=range(24))
