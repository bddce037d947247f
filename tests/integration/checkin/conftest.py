"""A real ClickHouse, and the probes' endpoints over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.checkin import Probes, emptied
from support.clickhouse import EmbeddedServer


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[Warehouse]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        yield warehouse
        warehouse.close()


@pytest.fixture
def probes(tmp_path: Path, clickhouse: Warehouse) -> Iterator[Probes]:
    emptied(clickhouse)
    made = Probes(tmp_path / "probes", clickhouse)
    yield made
    made.close()
