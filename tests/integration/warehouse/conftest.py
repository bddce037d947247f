"""One embedded ClickHouse for the whole folder, and a fresh database for each test that asks for one."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from oonib.warehouse.client import Address, Warehouse

from support.clickhouse import EmbeddedServer


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        yield running


@pytest.fixture
def database(server: EmbeddedServer) -> Iterator[str]:
    """The name of a database of its own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    warehouse = Warehouse.connect(server.url)
    warehouse.command(f"CREATE DATABASE {name}")
    yield name
    warehouse.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    warehouse.close()


@pytest.fixture
def warehouse(server: EmbeddedServer, database: str) -> Iterator[Warehouse]:
    address = replace(Address.parse(server.url), database=database)
    opened = Warehouse(address, cluster=None, timeout=28.0)
    yield opened
    opened.close()


@pytest.fixture
def connect(server: EmbeddedServer, database: str) -> Iterator[Callable[..., Client]]:
    """Makes plain clickhouse-connect clients."""
    clients: list[Client] = []

    def make(**options: object) -> Client:
        given = {
            "database": database,
            "autogenerate_session_id": False,
            "password": server.password,
            **options,
        }
        client = clickhouse_connect.get_client(
            host=server.host, port=server.port, username="default", dedicated_pool=True, **given
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
