"""A real PostgreSQL server of the tests' own, from the system's packages."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from support.processes import free_port

_USER = "postgres"


def programs() -> Path | None:
    """Where the server's programs are, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).parent if here else None


class PostgresServer:
    """One server in a folder of its own, without the durability that tests do not need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = programs()

    def __enter__(self) -> Self:
        self._as_user("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "oonib", "-E", "UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        options += " -c min_wal_size=32MB -c max_wal_size=64MB"
        log = str(self.folder / "log")
        self._as_user("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-o", options, "-w", "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._as_user("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://oonib@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new database; its URL."""
        self._as_user("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "oonib", database)
        return self.url(database)

    def copy(self, template: str, database: str) -> str:
        """A new database like `template`, which nobody may be using; its URL."""
        self._command(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database: hundreds of them would fill a disk in memory."""
        self._command(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _command(self, sql: str) -> None:
        # Names are the tests' own; they cannot be bound here.
        where = f"host=127.0.0.1 port={self.port} user=oonib dbname=postgres"
        with psycopg.connect(where, autocommit=True) as one:
            one.execute(sql)

    def _as_user(self, program: str, *words: str) -> None:
        assert self._programs is not None
        command = [str(self._programs / program), *words]
        if os.geteuid() == 0:
            # The server refuses to run as root.
            command = ["runuser", "-u", _USER, "--", *command]
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(command, stdout=told, stderr=told, cwd="/", check=False)
            told.seek(0)
            assert done.returncode == 0, told.read().decode(errors="replace")
