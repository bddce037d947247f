"""New fingerprints while measurements come in: no pause, nothing lost or repeated, each row says by which."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from oonib.fastpath import Fastpath
from oonib.faults import nothing
from oonib.metrics import Metrics
from oonib.model.uid import make_uid
from oonib.reference import sources
from oonib.reference.fingerprints import STARTER, update_fingerprints
from oonib.spool import Limits, Spool, Submission
from oonib.spool.entries import digest_of
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer, tables_on
from support.mutation import bodies, written
from support.processes import wait_until

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(180)]
NAMES = ("fingerprints_dns.csv", "fingerprints_http.csv")
ROWS = "SELECT measurement_uid AS uid, fingerprints_snapshot AS snapshot FROM fastpath"


@pytest.fixture(scope="module")
def warehouse(shared_server: EmbeddedServer) -> Iterator[Warehouse]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        yield warehouse
        warehouse.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite", Limits(disk_reserve=0))
    yield spool
    spool.close()


class Load:
    """Submits web_connectivity measurements, one every few milliseconds."""

    def __init__(self, spool: Spool) -> None:
        self.uids: list[str] = []
        self._spool = spool
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._stored = written(
            next(body for body in bodies() if body["content"]["test_name"] == "web_connectivity")
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def submit(self) -> str:
        """One more."""
        stored = self._stored + b" " * len(self.uids)
        uid = str(make_uid(datetime.now(UTC), "IT", "webconnectivity", stored))
        self._spool.submit(Submission(uid, "", digest_of(uid, b""), stored)).result()
        self.uids.append(uid)
        return uid

    def _run(self) -> None:
        while not self._stop.wait(0.005):
            self.submit()


def second_set(folder: Path) -> str:
    """The starter set with one pattern more."""
    for name in NAMES:
        (folder / name).write_bytes(sources.read_file(STARTER, name))
    with (folder / NAMES[1]).open("a") as http:
        http.write("zz.more,nat,,body,contains,the page is shut,9,IT,,,\n")
    return str(folder)


def test_a_change_under_load(warehouse: Warehouse, spool: Spool, tmp_path: Path) -> None:
    metrics, stopping = Metrics(), threading.Event()
    daemon = Fastpath(
        spool,
        warehouse,
        metrics,
        stopping,
        scorers=1,
        semantics="production",
        reach=nothing,
        fingerprints_seconds=0.2,
    )
    thread = threading.Thread(target=daemon.run)
    with Load(spool) as load:
        thread.start()
        time.sleep(1.0)
        # Without a set everything waits.
        assert spool.mark() == 0
        first = update_fingerprints(warehouse, STARTER).snapshot_id
        wait_until(lambda: spool.mark() > 0, 30, "the first rows")
        folder = tmp_path / "second"
        folder.mkdir()
        second = update_fingerprints(warehouse, second_set(folder), limits=None).snapshot_id
        wait_until(lambda: metrics.reloads.labels("done")._value.get() == 1, 30, "the change")
        changed = load.submit()
        wait_until(lambda: {"uid": changed, "snapshot": second} in warehouse.select(ROWS), 30, "a new row")
    wait_until(lambda: spool.status().unscored == 0, 30, "an empty backlog")
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()

    rows = warehouse.select(ROWS)
    assert len(rows) == len(load.uids), "none lost, none twice"
    by_uid = {row["uid"]: row["snapshot"] for row in rows}
    order = [by_uid[uid] for uid in load.uids]
    assert set(order) == {first, second}
    # Not two changes and no mixture: all of the first set, then all of the second.
    assert order == sorted(order, key=[first, second].index)
    assert sum(tally.n for tally in spool.ledger() if tally.outcome == "scored") == len(load.uids)
    assert metrics.matches.labels("body")._value.get() >= order.count(second)
    assert metrics.fingerprints.labels("http")._value.get() > 0
    assert metrics.snapshot._value.get() == int(second[:12], 16)
