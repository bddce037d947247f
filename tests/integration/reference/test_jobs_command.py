"""`oonib jobs` as real processes: exit status, what other processes see, two hosts with one ClickHouse."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oonib.jobs import Journal
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer
from support.lists import lists, write_folder
from support.processes import clean_environment, run_oonib, wait_until

pytestmark = pytest.mark.clickhouse


class Host:
    """A host with its own data folder; ClickHouse and the object store are shared."""

    def __init__(self, tmp_path: Path, name: str, server: EmbeddedServer, source: Path) -> None:
        self.data_dir = tmp_path / name
        self.env = clean_environment(
            data_dir=self.data_dir,
            clickhouse_url=server.url,
            object_store_url=tmp_path / "objects",
            test_lists_source=source,
            test_lists_minimum=10,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run_oonib("jobs", *words, env=self.env)

    def daemon(self, name: str) -> subprocess.Popen[bytes]:
        with (self.data_dir.parent / f"{self.data_dir.name}.log").open("wb") as log:
            command = [sys.executable, "-m", "oonib", "jobs", "run", name]
            return subprocess.Popen(command, env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    @property
    def log(self) -> str:
        return self.data_dir.with_suffix(".log").read_text()


def count(warehouse: Warehouse) -> int:
    return warehouse.select("SELECT count() AS n FROM citizenlab")[0]["n"]


def test_a_rehearsal_reads_and_changes_nothing(
    warehouse: Warehouse, server: EmbeddedServer, tmp_path: Path
) -> None:
    source = write_folder(tmp_path / "source", lists())
    host = Host(tmp_path, "one", server, source)
    before = count(warehouse)
    done = host.run("run", "test-lists", "--dry-run")
    found = f"40 addresses of 3 test lists in {source}, all as it should be; nothing was changed"
    assert (done.returncode, done.stdout) == (0, f"test-lists: {found}\n")
    assert count(warehouse) == before
    (source / "lists" / "it.csv").write_text("broken")
    failed = host.run("run", "test-lists", "--dry-run")
    assert failed.returncode == 1
    assert "it.csv" in failed.stdout
    refused = host.run("run", "archive", "--dry-run")
    assert (refused.returncode, refused.stderr) == (2, "oonib: archive cannot be rehearsed\n")


def test_run_once_says_what_happened(warehouse: Warehouse, server: EmbeddedServer, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", lists())
    host = Host(tmp_path, "one", server, source)
    done = host.run("run", "test-lists", "--once")
    assert (done.returncode, done.stdout) == (
        0,
        f"test-lists: 40 addresses of 3 test lists loaded from {source}\n",
    )
    (source / "lists" / "it.csv").write_text("broken")
    failed = host.run("run", "test-lists", "--once")
    assert failed.returncode == 1
    assert "it.csv line 1: the header is not" in failed.stdout
    assert "the 40 in use stay" in failed.stdout
    assert count(warehouse) == 40
    listed = host.run("list").stdout
    assert "FAILED" in listed
    assert "it.csv line 1" in listed
    assert "has not run here yet" in listed
    assert host.run("run", "nonsense", "--once").returncode == 2


def test_two_hosts_one_run(warehouse: Warehouse, server: EmbeddedServer, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", lists())
    hosts = [Host(tmp_path, name, server, source) for name in ("one", "two")]
    daemons = [host.daemon("test-lists") for host in hosts]
    try:
        wait_until(lambda: all("test-lists" in host.log for host in hosts), 40, "a word of both")
        ran = [Journal(host.data_dir / "jobs").read("test-lists").ok for host in hosts]
        assert sorted(ran, key=str) == [None, True]
        assert sum("job left to another" in host.log for host in hosts) == 1
        for host in hosts:
            assert Journal(host.data_dir / "jobs").read("test-lists").next_due is not None
    finally:
        for daemon in daemons:
            daemon.send_signal(signal.SIGTERM)
        statuses = [daemon.wait(10) for daemon in daemons]
    assert statuses == [0, 0]
    assert count(warehouse) == 40
