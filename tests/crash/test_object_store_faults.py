"""S3 that refuses, resets, answers late or loses its answers while an hour is packed (reliability D8).

A real S3 server behind a proxy: what fails is left for the next run under the same names, posts stay in the
spool until their objects are there, and in the end each post is there once.
"""

import gzip
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from oonib.archive import Packer
from oonib.objects import ObjectStore
from oonib.spool import Limits, Spool

from support.archiving import START, TableOfLines, post, score_everything, submit_all
from support.faultproxy import Fault, FaultProxy, http
from support.s3 import S3Server

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
NO_BUCKET = b"<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist</Message></Error>"
FAULTS = {
    "refuses connections": Fault("refuse"),
    "is overloaded": http("503 Slow Down", SLOW_DOWN, "Content-Type: application/xml"),
    "has lost the bucket": http("404 Not Found", NO_BUCKET, "Content-Type: application/xml"),
    "forbids": http("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>"),
    "ends in the middle of a request": Fault("cut request", after=700),
    "does it and its answer is lost": Fault("lose answer"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


class World:
    """A spool of one hour, and a store behind a proxy."""

    def __init__(self, folder: Path, server: S3Server, proxy: FaultProxy, bucket: str) -> None:
        server.make_bucket(bucket)
        self.spool = Spool(folder / "spool" / "spool.sqlite", Limits(disk_reserve=0))
        self.direct = server.open(bucket)
        keys = {"access_key": "test", "secret_key": "test", "region": "us-east-1"}
        self.store = ObjectStore.open(
            f"s3://{bucket}", endpoint_url=f"http://127.0.0.1:{proxy.port}", **keys, data_dir=None
        )
        self.table = TableOfLines()
        self.work = folder / "work"
        posts = [post(f"20260302T101500Z_webconnectivity_BR_1_n1_{n:016d}", n) for n in range(40)]
        self.posts = submit_all(self.spool, posts)
        score_everything(self.spool)

    def pack(self):
        packer = Packer(self.spool, self.store, self.table, collector="1", work_dir=self.work)
        return packer.pack(START + timedelta(hours=2))

    def check(self) -> None:
        """Every post is in one tarball, on one line and in one row, and no longer in the spool."""
        members: Counter[str] = Counter()
        lines = 0
        for info in self.direct.list("raw/"):
            data = b"".join(self.direct.stream(info.key))
            if info.key.endswith(".tar.gz"):
                with tarfile.open(fileobj=BytesIO(data)) as tar:
                    for member in tar:
                        uid = member.name.rpartition("/")[2].removesuffix(".post")
                        members[uid] += 1
                        file = tar.extractfile(member)
                        assert file is not None
                        assert file.read() == self.posts[uid]
            else:
                lines += len(gzip.decompress(data).splitlines())
        assert set(members) == set(self.posts)
        assert set(members.values()) == {1}
        assert lines == len(self.posts)
        assert sorted(row["measurement_uid"] for row in self.table.rows) == sorted(self.posts)
        assert self.spool.status().entries == 0


@pytest.fixture
def proxy(server: S3Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as proxy:
        yield proxy


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_nothing_is_lost_or_doubled(
    tmp_path: Path, server: S3Server, proxy: FaultProxy, fault: Fault
) -> None:
    world = World(tmp_path, server, proxy, tmp_path.name.replace("_", "-").lower())
    proxy.fail(fault)
    summary = world.pack()
    assert proxy.hits
    assert summary.problems
    assert world.spool.status().entries == len(world.posts)
    assert world.table.rows == []
    proxy.heal()
    assert world.pack().problems == []
    world.check()
    world.spool.close()


def test_a_short_outage_in_the_middle_is_ridden_out(
    tmp_path: Path, server: S3Server, proxy: FaultProxy
) -> None:
    world = World(tmp_path, server, proxy, "short")
    proxy.fail(FAULTS["does it and its answer is lost"])
    healing = threading.Timer(0.3, proxy.heal)
    healing.start()
    summary = world.pack()
    healing.join()
    assert proxy.hits == 0
    if summary.problems:
        assert world.pack().problems == []
    world.check()
    world.spool.close()
