"""The embedded process: ownership, permissions, restarts, and what survives a SIGKILL."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.embedded import ensure_password
from oonib.warehouse.errors import WarehouseError

from support.clickhouse import EmbeddedServer

pytestmark = pytest.mark.clickhouse


def test_a_second_owner_is_refused_by_name(server: EmbeddedServer) -> None:
    command = [
        sys.executable,
        "-m",
        "oonib.warehouse.embedded",
        "--data-dir",
        str(server.directory),
        "--port",
        "0",
    ]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is in use by another embedded ClickHouse" in second.stderr
    assert "Traceback" not in second.stderr
    assert Warehouse.connect(server.url).ping()


def test_a_port_that_is_taken(server: EmbeddedServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oonib.warehouse.embedded", "--data-dir", str(tmp_path / "d")]
    second = subprocess.run(
        [*command, "--port", str(server.port)], capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert "cannot listen" in second.stderr


def test_files_are_for_their_owner_alone(server: EmbeddedServer) -> None:
    assert server.directory.stat().st_mode & 0o777 == 0o700
    assert (server.directory / "engine").stat().st_mode & 0o777 == 0o700
    assert (server.directory / "password").stat().st_mode & 0o777 == 0o600


def test_the_password_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "password"
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(ensure_password(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(made[0]) >= 32
    assert [entry.name for entry in path.parent.iterdir()] == ["password"]


def test_acknowledged_rows_survive_sigkill_and_the_client_comes_back() -> None:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        warehouse.command("CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n")
        acknowledged: list[int] = []
        enough = threading.Event()

        def write() -> None:
            try:
                for number in range(100_000):
                    warehouse.insert("kept", ("n",), [[number]])
                    acknowledged.append(number)
                    if len(acknowledged) == 20:
                        enough.set()
            except WarehouseError:
                return

        writer = threading.Thread(target=write)
        writer.start()
        assert enough.wait(60)
        server.kill()
        writer.join()
        assert not warehouse.ping()
        port = server.port
        server.start()
        assert server.port == port
        stored = {row["n"] for row in warehouse.select("SELECT n FROM kept")}
        assert stored >= set(acknowledged)
        assert server.stop() == 0
        assert not (server.directory / "address").exists()
        server.start()
        assert {row["n"] for row in warehouse.select("SELECT n FROM kept")} == stored


def test_stopping_ends_running_queries() -> None:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        stream = warehouse.stream("SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1")
        failed: list[WarehouseError] = []

        def read() -> None:
            try:
                next(stream)
            except WarehouseError as error:
                failed.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        while "sleepEachRow" not in str(
            warehouse.select("SELECT query FROM system.processes WHERE query LIKE '%(1)%'")
        ):
            assert reader.is_alive()
        assert server.stop() == 0
        reader.join(60)
        assert failed


def test_importing_the_embedded_server_does_not_load_the_engine() -> None:
    code = "import sys, oonib.warehouse.embedded as e; sys.exit(bool({'chdb', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("name", ["a*b", "a?b", "{a}"])
def test_a_path_the_engine_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "oonib.warehouse.embedded",
        "--data-dir",
        str(tmp_path / name),
        "--port",
        "0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "patterns" in done.stderr
