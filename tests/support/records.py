"""Migrated records on both engines, quick enough for a fresh database in each test."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oonib.records import Records
from oonib.records.migrating import migrate
from oonib.records.tables import ALL

from support.postgres import PostgresServer, programs

ENGINES = ("sqlite", "postgresql")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server, or a visible skip where the system has none."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="oonib-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    folder.chmod(0o700)
    try:
        with PostgresServer(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fresh_url(engine: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a new, empty database."""
    if engine == "sqlite":
        return f"sqlite:///{folder / 'records.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"t{uuid.uuid4().hex}")


@contextmanager
def template_of(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A migrated database to be copied: a file, or the name of a database."""
    if engine == "sqlite":
        path = folder / "template.db"
        with migrated(f"sqlite:///{path}"):
            pass
        yield str(path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"template{uuid.uuid4().hex}"
    with migrated(server.create(name)):
        pass
    yield name


@contextmanager
def copied(template: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Records]:
    """Migrated, empty records of the test's own."""
    if template.endswith(".db"):
        path = folder / "records.db"
        shutil.copyfile(template, path)
        with _opened(f"sqlite:///{path}") as records:
            yield records
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    try:
        with _opened(server.copy(template, name)) as records:
            yield records
    finally:
        server.drop(name)


@contextmanager
def _opened(url: str) -> Iterator[Records]:
    records = Records.open(url)
    try:
        yield records
    finally:
        records.close()


@contextmanager
def migrated(url: str) -> Iterator[Records]:
    """Records with all their tables."""
    with _opened(url) as records:
        migrate(records)
        yield records


def emptied(records: Records) -> None:
    """Nothing in any table: quicker than a fresh database."""
    with records.write() as session:
        for table in reversed(ALL.sorted_tables):
            session.execute(table.delete())
