"""A real ClickHouse, and the probes' endpoints over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.warehouse.client import Warehouse

from support.checkin import Probes, emptied
from support.clickhouse import EmbeddedServer, tables_on


@pytest.fixture(scope="session")
def clickhouse(shared_server: EmbeddedServer) -> Iterator[Warehouse]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        yield warehouse
        warehouse.close()


@pytest.fixture
def probes(tmp_path: Path, clickhouse: Warehouse) -> Iterator[Probes]:
    emptied(clickhouse)
    made = Probes(tmp_path / "probes", clickhouse)
    yield made
    made.close()
