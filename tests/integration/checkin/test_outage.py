"""Real processes: check-in goes on when ClickHouse is killed, and when it was never there."""

import time
from pathlib import Path

import httpx
import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

from support.checkin import entry
from support.clickhouse import EmbeddedServer
from support.goclient import CHECK_IN, read
from support.processes import Oonib, wait_until

pytestmark = pytest.mark.clickhouse
CLAIM = {"probe_cc": "IT", "probe_asn": "AS30722", "run_type": "manual"}
GLOBAL = {f"https://site{number}.example/" for number in range(30)}


def urls(client: httpx.Client) -> set[str]:
    started = time.monotonic()
    answer = read(client.post("/api/v1/check-in", json=CLAIM), CHECK_IN)
    assert time.monotonic() - started < 5
    return {one["url"] for one in answer["tests"]["web_connectivity"]["urls"]}


def test_check_in_outlives_clickhouse(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        rows = [*(entry(number) for number in range(30)), entry(77, cc="it")]
        warehouse.insert("citizenlab", CITIZENLAB_COLUMNS, rows)
        warehouse.close()
        settings = {"clickhouse_url": server.url, "workers": 1}
        with (
            Oonib("api", data_dir=tmp_path / "data", **settings) as api,
            httpx.Client(base_url=api.url, timeout=10) as client,
        ):
            assert urls(client) == GLOBAL | {"https://site77.example/"}
            server.kill()
            wait_until(lambda: urls(client) == GLOBAL, 10, "the failover list")
            for _ in range(20):
                assert urls(client) == GLOBAL
            server.start()
            wait_until(lambda: len(urls(client)) == 31, 10, "the country's list again")
            server.kill()
        with (
            Oonib("api", data_dir=tmp_path / "data", **settings) as api,
            httpx.Client(base_url=api.url, timeout=10) as client,
        ):
            assert urls(client) == GLOBAL


def test_a_new_machine_without_network_has_something_to_measure(tmp_path: Path) -> None:
    with (
        Oonib("api", data_dir=tmp_path / "data", workers=1) as api,
        httpx.Client(base_url=api.url, timeout=10) as client,
    ):
        assert len(urls(client)) > 20
