"""The archive over a real S3 server and a real ClickHouse, both of which go away in between."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oonib.archive import BodyStore, Packer, Wanted
from oonib.model.envelope import content_span
from oonib.spool import Limits, Spool
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.archiving import START, post, score_everything, submit_all
from support.clickhouse import EmbeddedServer
from support.s3 import S3Server


@pytest.fixture
def clickhouse() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        server.make_bucket("archive")
        yield server


def test_packed_into_s3_and_found_again(tmp_path: Path, clickhouse: EmbeddedServer, s3: S3Server) -> None:
    warehouse = Warehouse.connect(clickhouse.url)
    migrate(warehouse)
    store = s3.open("archive", "ooni")
    spool = Spool(tmp_path / "spool.sqlite", Limits(disk_reserve=0))
    posts = {}
    for cc in ("BR", "IT", "DE"):
        urls = [f"http://x/{n}" for n in range(50)]
        posts |= submit_all(spool, [post("r", n, input_url=url) for n, url in enumerate(urls)], cc=cc)
    score_everything(spool)
    packer = Packer(spool, store, warehouse, collector="4", work_dir=tmp_path / "work")
    now = START + timedelta(hours=2)

    s3.stop()
    summary = packer.pack(now)
    assert not summary.ok
    assert summary.indexed == 0

    s3.start()
    s3.make_bucket("archive")
    clickhouse.stop()
    summary = packer.pack(now)
    assert {problem.step for problem in summary.problems} == {"index"}
    assert (summary.indexed, summary.left) == (0, 3)

    clickhouse.start()
    summary = packer.pack(now)
    assert summary.ok, str(summary)
    assert (summary.bytes_uploaded, summary.indexed, summary.released) == (0, 3, 3)
    assert packer.pack(now).measurements == 0

    counted = warehouse.select("SELECT count() AS n, uniqExact(measurement_uid) AS uids FROM jsonl")
    assert counted == [{"n": len(posts), "uids": len(posts)}]
    bodies = BodyStore(warehouse, store)
    for number, (uid, stored) in enumerate(posts.items()):
        assert bodies.find(Wanted(uid, "r", f"http://x/{number % 50}")) == content_span(stored)
    assert bodies.find(Wanted("20260302101500.000000_BR_webconnectivity_0123456789abcdef")) is None
    spool.close()
    warehouse.close()
