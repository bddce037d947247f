"""The embedded ClickHouse as a real process: start, stop, kill and start again in the same place."""

import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate


class EmbeddedServer:
    """One embedded ClickHouse in a directory of its own."""

    def __init__(self, directory: Path | None = None, port: int = 0) -> None:
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="oonib-clickhouse-")
        self.directory = directory or Path(str(self._temporary.name if self._temporary else ""))
        self.host = "127.0.0.1"
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def password(self) -> str:
        """The password the process made on its first start."""
        return (self.directory / "password").read_text().strip()

    @property
    def url(self) -> str:
        """The URL of the program's database."""
        return f"http://default:{quote(self.password)}@{self.host}:{self.port}/ooni"

    def start(self) -> None:
        """Start and wait until it listens; after the first time on the same port."""
        command = [sys.executable, "-m", "oonib.warehouse.embedded"]
        command += ["--data-dir", str(self.directory), "--host", self.host, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "warehouse.embedded.ready" in line:
                break
        else:
            self.process.wait()
            raise RuntimeError("the embedded ClickHouse did not start:\n" + "".join(lines))
        self.port = int((self.directory / "address").read_text().strip().rpartition(":")[2])
        threading.Thread(target=_drain, args=(self.process,), daemon=True).start()

    def stop(self) -> int:
        """SIGTERM, and wait; the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, and wait."""
        return self._end(signal.SIGKILL)

    def close(self) -> None:
        """End the process and remove the directory if it is ours."""
        if self.process is not None:
            self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(number)
        return process.wait(timeout=30)


@contextmanager
def tables_on(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database of its own, migrated, on a server that others use as well."""
    name = f"t{uuid.uuid4().hex[:12]}"
    owner = Warehouse.connect(server.url)
    owner.command(f"CREATE DATABASE {name}")
    url = f"{server.url.rpartition('/')[0]}/{name}"
    warehouse = Warehouse.connect(url)
    migrate(warehouse)
    warehouse.close()
    yield url
    owner.command(f"DROP DATABASE {name} SYNC")
    owner.close()


def _drain(process: subprocess.Popen[str]) -> None:
    # A pipe nobody reads would stop the server once it is full.
    assert process.stdout is not None
    with process.stdout as lines:
        for _ in lines:
            pass
