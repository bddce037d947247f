"""What holds for all tests: where they write, which go first, and what takes long to start and is shared."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from oonib.records import Records

from support.clickhouse import EmbeddedServer
from support.postgres import PostgresServer
from support.records import ENGINES, copied, postgres_server, template_of

# A busy machine is no finding: how long an example takes says nothing about what it shows.
settings.register_profile("oonib", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("oonib")

_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3


def _write_to_memory() -> None:
    """Have temporary folders in memory where there is room, unless TMPDIR names another place.

    Backends wait for the disk at each commit, minutes in all. What they leave behind when they are killed is
    the same there: no test takes the power away, and those about a disk that fails or is full make it so.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if min(shutil.disk_usage(_MEMORY).free, psutil.virtual_memory().available) > _ROOM:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


_write_to_memory()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start, kill and wait first: the processes that share the tests then end together.

    The pages in the browser are the longest file of all. Within each kind the order stays random.
    """
    items.sort(
        key=lambda item: (
            "browser" not in item.path.parts,
            item.get_closest_marker("crash") is None,
            "integration" not in item.path.parts,
        )
    )


def pytest_make_parametrize_id(val: object) -> str | None:
    """A name that is the same in every process: gzip has the time in its head."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.fixture(scope="session")
def shared_server() -> Iterator[EmbeddedServer]:
    """A ClickHouse for all who neither stop nor configure it: `tables_on` gives each their own tables."""
    with EmbeddedServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server. Tests make databases of their own in it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session", params=ENGINES)
def records_template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """What `records` copies: migrating takes longer than many a test."""
    with template_of(request.param, request, tmp_path_factory.mktemp("records")) as template:
        yield template


@pytest.fixture
def records(records_template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """Migrated, empty records: each test runs on SQLite and on PostgreSQL."""
    with copied(records_template, request, tmp_path) as opened:
        yield opened
