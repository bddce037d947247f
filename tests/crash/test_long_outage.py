"""Eleven hours of backlog, without ClickHouse and then without S3, while submissions go on (D7, D8, D12).

The hours come in the layout of the old spool, the rest over HTTP; ClickHouse and S3 are real and stand behind
proxies that refuse.
"""

import gzip
import json
import random
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from oonib.model.uid import make_uid
from oonib.simulate import World
from oonib.spool import Spool
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer
from support.faultproxy import Fault, FaultProxy
from support.journal import Journal
from support.processes import Oonib, run_oonib, wait_until
from support.s3 import S3Server

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.slow, pytest.mark.timeout(1200)]
HOURS = 11
AN_HOUR = 600
BUCKET = "outage"


def backlog(folder: Path) -> dict[str, str]:
    """Posts of the last eleven full hours; report ids by uid."""
    rng = random.Random(11)
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS)
    made: dict[str, str] = {}
    for hour in range(HOURS):
        start = first + timedelta(hours=hour)
        for measurement in World(hour).measurements(AN_HOUR, start=start, end=start + timedelta(hours=1)):
            report_id = f"{str(measurement.body['report_id']).rpartition('_')[0]}_{rng.getrandbits(63):016x}"
            content = {**measurement.body, "report_id": report_id}
            stored = json.dumps({"format": "json", "content": content, "is_verified": "u"}).encode()
            cc, test = str(content["probe_cc"]), str(content["test_name"]).replace("_", "")
            moment = start + timedelta(seconds=rng.uniform(0, 3599))
            uid = str(make_uid(moment, cc, test, stored))
            where = folder / "incoming" / f"{moment:%Y%m%d%H}_{cc}_{test}"
            where.mkdir(parents=True, exist_ok=True)
            (where / f"{uid}.post").write_bytes(stored)
            made[uid] = report_id
    return made


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[tuple[Oonib, Warehouse, FaultProxy, S3Server, FaultProxy]]:
    with (
        EmbeddedServer() as clickhouse,
        S3Server() as s3,
        FaultProxy(clickhouse.port) as rows_way,
        FaultProxy(s3.port) as objects_way,
    ):
        s3.make_bucket(BUCKET)
        backend = Oonib(
            "up",
            data_dir=tmp_path / "data",
            clickhouse_url=clickhouse.url.replace(f":{clickhouse.port}/", f":{rows_way.port}/"),
            object_store_url=f"s3://{BUCKET}",
            s3_endpoint_url=f"http://127.0.0.1:{objects_way.port}",
            s3_access_key="test",
            s3_secret_key="test",
            s3_region="us-east-1",
        )
        with backend:
            yield backend, Warehouse.connect(clickhouse.url), rows_way, s3, objects_way


def test_eleven_hours_are_worked_off_while_submissions_go_on(
    tmp_path: Path, outage: tuple[Oonib, Warehouse, FaultProxy, S3Server, FaultProxy]
) -> None:
    backend, warehouse, rows_way, s3, objects_way = outage
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    rows_way.fail(Fault("refuse"))
    objects_way.fail(Fault("refuse"))
    old = backlog(tmp_path / "old")
    imported = run_oonib("spool", "import", str(tmp_path / "old"), env=backend.environment, timeout=300)
    assert imported.returncode == 0, imported.stderr
    journal = Journal(backend)
    journal.start_load(clients=2, pause=0.02)
    spool = Spool(backend.data_dir / "spool" / "spool.sqlite")
    time.sleep(5)
    assert spool.status().unscored > len(old)
    assert backend.get("/health")[0] == 503

    rows_way.heal()
    wait_until(lambda: spool.status().unscored < 100, 300, "an empty backlog")
    packed = run_oonib("archive", "pack", env=backend.environment, timeout=300)
    assert packed.returncode == 1, packed.stderr
    assert spool.status().entries >= len(old)

    objects_way.heal()
    packed = run_oonib("archive", "pack", env=backend.environment, timeout=600)
    assert packed.returncode == 0, packed.stderr
    journal.stop_load()
    assert not journal.failures, journal.failures
    wait_until(lambda: spool.status().unscored == 0, 60, "an empty backlog")
    packed = run_oonib("archive", "pack", "--now", env=backend.environment, timeout=600)
    assert packed.returncode == 0, packed.stderr
    assert spool.status().entries == 0
    spool.close()
    sent = old | {uid: report_id for report_id, uid in journal.acknowledged.items()}
    check_once(warehouse, s3, sent)
    ledger = backend.get("/api/v1/ledger")[1]["hours"]
    assert len(ledger) >= HOURS
    assert all(hour["adds_up"] for hour in ledger)
    assert sum(hour["scored"] for hour in ledger) == len(sent)


def check_once(warehouse: Warehouse, s3: S3Server, sent: dict[str, str]) -> None:
    """Each measurement has one row, one post, one line and one place in the index."""
    rows = warehouse.select("SELECT measurement_uid AS u, count() AS n FROM fastpath FINAL GROUP BY u")
    index = warehouse.select("SELECT measurement_uid AS u, count() AS n FROM jsonl FINAL GROUP BY u")
    posts: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    store = s3.open(BUCKET)
    for info in store.list("raw/"):
        data = b"".join(store.stream(info.key))
        if info.key.endswith(".tar.gz"):
            with tarfile.open(fileobj=BytesIO(data)) as can:
                posts.update(Path(member.name).name.removesuffix(".post") for member in can)
        else:
            lines.update(json.loads(line)["report_id"] for line in gzip.decompress(data).splitlines())
    assert {row["u"]: row["n"] for row in rows} == dict.fromkeys(sent, 1)
    assert {row["u"]: row["n"] for row in index} == dict.fromkeys(sent, 1)
    assert posts == dict.fromkeys(sent, 1)
    assert lines == dict.fromkeys(sent.values(), 1)
