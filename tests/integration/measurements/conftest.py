"""A real ClickHouse, a real spool, a folder of objects, and the measurement endpoints over them."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer, tables_on
from support.serving import Backend


@pytest.fixture(scope="session")
def clickhouse(shared_server: EmbeddedServer) -> Iterator[Warehouse]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        yield warehouse
        warehouse.close()


@pytest.fixture
def warehouse(clickhouse: Warehouse) -> Iterator[Warehouse]:
    """The tables, empty. Emptying takes time, so only those are that a test wrote to."""
    written: set[str] = set()
    watched = copy.copy(clickhouse)

    def insert(table: str, *arguments: Any, **more: Any) -> None:
        written.add(table)
        clickhouse.insert(table, *arguments, **more)

    watched.insert = insert  # type: ignore[method-assign]
    yield watched
    if "fastpath" in written:
        written |= {"fastpath_axes", "fastpath_uids", "arrivals", "rescored"}
    for table in written:
        clickhouse.command(f"TRUNCATE TABLE {table}")


@pytest.fixture
def backend(tmp_path: Path, warehouse: Warehouse) -> Iterator[Backend]:
    backend = Backend(tmp_path / "one", warehouse, [])
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory, clickhouse: Warehouse) -> Iterator[Backend]:
    """A host for tests that store nothing."""
    backend = Backend(tmp_path_factory.mktemp("nothing"), clickhouse, [])
    yield backend
    backend.close()
