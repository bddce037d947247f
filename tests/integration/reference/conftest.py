"""A real ClickHouse, a web site, and a reader that never stops looking at a table."""

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer
from support.website import Website

TABLES = ("citizenlab", "citizenlab_flip", "asnmeta", "asnmeta_tmp")


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(server: EmbeddedServer) -> Iterator[Warehouse]:
    warehouse = Warehouse.connect(server.url)
    migrate(warehouse)
    yield warehouse
    warehouse.close()


@pytest.fixture
def warehouse(migrated: Warehouse) -> Warehouse:
    """With empty tables."""
    for table in TABLES:
        migrated.command(f"TRUNCATE TABLE {table}")
    return migrated


@pytest.fixture
def website() -> Iterator[Website]:
    with Website() as site:
        yield site


class Reader:
    """Counts the rows of a table again and again; `counts` are the numbers that it saw."""

    def __init__(self, warehouse: Warehouse, table: str) -> None:
        self.counts: set[int] = set()
        self.looks = 0
        self._sql = f"SELECT count() AS n FROM {table}"
        self._warehouse = warehouse
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._problem: WarehouseError | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.counts.add(self._warehouse.select(self._sql)[0]["n"])
                self.looks += 1
        except WarehouseError as exc:
            self._problem = exc


@pytest.fixture
def reader() -> type[Reader]:
    return Reader
