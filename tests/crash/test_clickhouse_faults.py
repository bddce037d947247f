"""ClickHouse that hangs, refuses, resets, answers errors or loses its answers (reliability D7).

Behind a proxy: submissions go on meanwhile, and afterwards every one of them has one row.
"""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer
from support.faultproxy import Fault, FaultProxy, http
from support.journal import Journal, settle
from support.processes import Oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(240)]


def error(code: int, text: str) -> Fault:
    """An exception of ClickHouse as its HTTP interface tells it."""
    body = f"Code: {code}. DB::Exception: {text} (version 26.9.2.1)".encode()
    return http("500 Internal Server Error", body, f"X-ClickHouse-Exception-Code: {code}")


FAULTS = {
    "refuses connections": Fault("refuse"),
    "hangs after connect": Fault("hang"),
    "resets": Fault("reset"),
    "answers 500": http("500 Internal Server Error", b"oops"),
    "answers 503 of a proxy": http("503 Service Unavailable", b"<html>busy</html>"),
    "is read-only": error(164, "Cannot execute query in readonly mode. (READONLY)"),
    "has too many parts": error(
        252, "Too many parts (300). Merges are slower than inserts. (TOO_MANY_PARTS)"
    ),
    "is out of memory": error(241, "Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"),
    "ends in the middle of an insert": Fault("cut request", after=900),
    "does it and its answer is lost": Fault("lose answer"),
    "is slow": Fault("slow", seconds=0.7),
}


class Behind:
    """A backend whose ClickHouse is behind a proxy."""

    def __init__(self, up: Oonib, proxy: FaultProxy, warehouse: Warehouse) -> None:
        self.up = up
        self.proxy = proxy
        self.warehouse = warehouse
        self.journal = Journal(up)

    def check(self) -> None:
        """Every acknowledged measurement has one row, nothing else has any."""
        sql = "SELECT measurement_uid AS u, count() AS n FROM fastpath GROUP BY u"
        # Without FINAL: not even for a moment is a row there twice.
        rows = Counter({row["u"]: row["n"] for row in self.warehouse.select(sql)})
        assert set(rows) == set(self.journal.acknowledged.values())
        assert set(rows.values()) == {1}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("faults")
    with EmbeddedServer() as server, FaultProxy(server.port) as proxy:
        url = server.url.replace(f":{server.port}/", f":{proxy.port}/")
        settings = {"clickhouse_url": url, "fingerprints_source": "starter", "workers": 1}
        with Oonib("up", data_dir=folder / "data", **settings) as up:
            wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
            warehouse = Warehouse.connect(server.url)
            yield Behind(up, proxy, warehouse)
            warehouse.close()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_nothing_is_lost_or_doubled(behind: Behind, fault: Fault) -> None:
    journal = behind.journal
    journal.start_load(clients=2, pause=0.02)
    behind.proxy.fail(fault)
    wait_until(lambda: behind.proxy.hits, 20, "a try")
    time.sleep(1.5)
    behind.proxy.heal()
    before = len(journal.acknowledged)
    wait_until(lambda: len(journal.acknowledged) > before + 10, 20, "submissions")
    journal.stop_load()
    assert not journal.failures, journal.failures
    settle(behind.up)
    behind.check()
