"""What holds for all tests: which go first, and what takes long to start and is shared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from oonib.records import Records

from support.postgres import PostgresServer
from support.records import ENGINES, copied, postgres_server, template_of

# A busy machine is no finding: how long an example takes says nothing about what it shows.
settings.register_profile("oonib", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("oonib")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start, kill and wait first: two processes that share the tests then end together.

    Within each kind the order stays random.
    """
    items.sort(
        key=lambda item: (item.get_closest_marker("crash") is None, "integration" not in item.path.parts)
    )


def pytest_make_parametrize_id(val: object) -> str | None:
    """A name that is the same in every process: gzip has the time in its head."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


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
