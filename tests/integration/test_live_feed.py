"""The live feed of real processes: two workers, ClickHouse gone for a while, the end of a server."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from oonib.client import Client, Unavailable
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer
from support.processes import Oonib, wait_until
from support.serving import measurement


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        warehouse.close()
        yield server


def insert(server: EmbeddedServer, *numbers: int, **values: Any) -> None:
    rows = [
        measurement(
            measurement_uid=f"20260302100000.{number:06}_BR_webconnectivity_0123456789abcdef", **values
        )
        for number in numbers
    ]
    warehouse = Warehouse.connect(server.url)
    warehouse.insert("fastpath", list(rows[0]), [list(row.values()) for row in rows])
    warehouse.close()


class Listener(threading.Thread):
    """The client library, listening to a backend that comes and goes."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.numbers: list[int] = []

    def run(self) -> None:
        with Client(self.url, patience=60) as client, contextlib.suppress(Unavailable):
            for event in client.stream(last_event_id="0-"):
                self.numbers.append(int(event.measurement["measurement_uid"][15:21]))


@pytest.mark.slow
def test_streams_of_real_processes(server: EmbeddedServer, tmp_path: Path) -> None:
    api = Oonib("api", data_dir=tmp_path / "data", workers=2, clickhouse_url=server.url)
    with api:
        listeners = [Listener(api.url) for _ in range(4)]
        for listener in listeners:
            listener.start()
        insert(server, 1, 2)
        wait_until(lambda: all(listener.numbers == [1, 2] for listener in listeners), 15)
        server.stop()
        time.sleep(2)
        server.start()
        insert(server, 3)
        wait_until(lambda: all(listener.numbers == [1, 2, 3] for listener in listeners), 25)
        assert httpx.get(f"{api.url}/api/v1/stream", params={"probe_cc": "ZZ"}).status_code == 403
        # Streams do not keep a server from ending.
        assert api.stop(10) == 0


@pytest.mark.slow
def test_a_client_that_reads_nothing_costs_no_memory(server: EmbeddedServer, tmp_path: Path) -> None:
    api = Oonib("api", data_dir=tmp_path / "data", workers=1, clickhouse_url=server.url)
    with api, socket.create_connection(("127.0.0.1", api.port)) as still:
        still.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        still.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert still.recv(1000).startswith(b"HTTP/1.1 200")
        worker = api.tree()[-1]
        before = worker.memory_info().rss
        padding = '{"analysis":"' + "x" * 20_000 + '"}'
        for start in range(0, 6000, 1000):
            insert(server, *range(start, start + 1000), scores=padding)
        time.sleep(5)
        # 120 MB of events were for this client.
        assert worker.memory_info().rss - before < 80_000_000
        assert httpx.get(f"{api.url}/version").status_code == 200
