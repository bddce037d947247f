"""S3 that keeps other bytes than it was sent, or names, or lists, them wrongly (reliability D8).

What is stored is looked at before it counts: a can is archived only where its own bytes can be read back.
"""

import re
import socket
import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from oonib.archive import BodyStore, Packer, Wanted
from oonib.archive.manifests import Manifests
from oonib.model.envelope import content_span
from oonib.objects import ObjectInfo, ObjectStore
from oonib.spool import Limits, Spool

from support.archiving import START, TableOfLines, post, score_everything, submit_all
from support.faultproxy import Fault, FaultProxy
from support.manifests import SCORING
from support.s3 import S3Server

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]
ETAG = re.compile(rb'(etag: "?)[0-9a-f]{8}', re.IGNORECASE)


class LyingProxy(FaultProxy):
    """Changes a byte of what is stored, or the names by which the server calls it."""

    def __init__(self, target: int) -> None:
        super().__init__(target)
        self.flips, self.place = 0, 0.0
        self.other_etags = False
        self.told = 0

    def _pump(
        self, source: socket.socket, sink: socket.socket, fault: Fault, pair: Any, request: bool
    ) -> None:
        super()._pump(Changed(source, self._sent if request else self._answered), sink, fault, pair, request)

    def _sent(self, piece: bytes) -> bytes:
        if self.flips and len(piece) > 400 and b"\x1f\x8b" in piece:
            self.flips -= 1
            changed = bytearray(piece)
            body = piece.index(b"\x1f\x8b")
            changed[body + int((len(piece) - body) * self.place)] ^= 1
            return bytes(changed)
        return piece

    def _answered(self, piece: bytes) -> bytes:
        if self.other_etags:
            piece, found = ETAG.subn(rb"\g<1>00000000", piece)
            self.told += found
        return piece


class Changed:
    """A socket that gives other bytes than came in."""

    def __init__(self, inner: socket.socket, change: Any) -> None:
        self._inner = inner
        self._change = change

    def recv(self, size: int) -> bytes:
        return self._change(self._inner.recv(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Forgetful:
    """A store whose listings do not have yet what was put since `since`."""

    def __init__(self, inner: ObjectStore) -> None:
        self._inner = inner
        self._known: set[str] = set()

    def settle(self) -> None:
        """Listings have everything that is there now."""
        self._known = {info.key for info in self._inner.list()}

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        return (info for info in self._inner.list(prefix) if info.key in self._known)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class World:
    """A spool, a real S3 server, and a store that lies."""

    def __init__(self, folder: Path, direct: ObjectStore, store: Any) -> None:
        self.folder = folder
        self.spool = Spool(folder / "spool" / "spool.sqlite", Limits(disk_reserve=0))
        self.direct = direct
        self.store = store
        self.table = TableOfLines()
        self.posts: dict[str, bytes] = {}
        self.add(0)

    def add(self, hours: int) -> None:
        """Posts of another hour."""
        posts = [post(f"2026030{hours}T101500Z_webconnectivity_BR_1_n1_{n:016d}", n) for n in range(40)]
        self.posts |= submit_all(self.spool, posts, received=START + timedelta(hours=hours))
        score_everything(self.spool)

    def pack(self, hours: int = 2, work: str = "work"):
        manifests = Manifests(
            self.store,
            collector="1",
            work_dir=self.folder / work,
            key_path=self.folder / "signing.key",
            scoring=lambda: SCORING,
        )
        packer = Packer(
            self.spool,
            self.store,
            self.table,
            collector="1",
            work_dir=self.folder / work,
            manifests=manifests,
        )
        return packer.pack(START + timedelta(hours=hours))

    def check(self) -> None:
        """Every post is in one can that the index names, whole, and no longer in the spool."""
        assert sorted(row["measurement_uid"] for row in self.table.rows) == sorted(self.posts)
        members: Counter[str] = Counter()
        for key in {row["source"] for row in self.table.rows}:
            with tarfile.open(fileobj=BytesIO(self.direct.get(key)), mode="r:gz") as tar:
                for member in tar:
                    uid = member.name.rpartition("/")[2].removesuffix(".post")
                    file = tar.extractfile(member)
                    assert file is not None
                    assert file.read() == self.posts[uid]
                    members[uid] += 1
        assert members == Counter(list(self.posts))
        bodies = BodyStore(self.table, self.direct)
        for uid, stored in self.posts.items():
            assert bodies.find(Wanted(uid)) == content_span(stored)
        assert self.spool.status().entries == 0

    def manifests(self) -> list[str]:
        """The chain's keys."""
        keys = [info.key for info in self.direct.list("manifests/n1/")]
        return [key for key in keys if "/hours/" not in key and key.rpartition("/")[2][:-5].isdecimal()]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def proxy(server: S3Server) -> Iterator[LyingProxy]:
    with LyingProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def world(tmp_path: Path, server: S3Server, proxy: LyingProxy) -> Iterator[World]:
    bucket = tmp_path.name.replace("_", "-").lower().strip("-")
    server.make_bucket(bucket)
    keys = {"access_key": "test", "secret_key": "test", "region": "us-east-1"}
    store = ObjectStore.open(
        f"s3://{bucket}", endpoint_url=f"http://127.0.0.1:{proxy.port}", **keys, data_dir=None
    )
    world = World(tmp_path, server.open(bucket), store)
    yield world
    world.spool.close()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.99])
@pytest.mark.parametrize("flips", [1, 2])
def test_a_byte_that_changed_on_its_way(world: World, proxy: LyingProxy, flips: int, place: float) -> None:
    proxy.flips, proxy.place = flips, place
    first = world.pack()
    assert proxy.flips == 0
    if flips == 2:
        # Sent twice, twice wrong: nothing is left of it but the posts in the spool.
        assert [problem.step for problem in first.problems] == ["upload"]
        assert "other bytes than were sent" in first.problems[0].message
        assert list(world.direct.list("raw/")) == []
        assert world.table.rows == []
        assert world.spool.status().entries == len(world.posts)
    assert world.pack().problems == []
    world.check()
    assert sorted(info.key.rpartition(".n1.")[2] for info in world.direct.list("raw/")) == [
        "0.jsonl.gz",
        "0.tar.gz",
    ]


def test_other_etags_are_settled_by_reading(world: World, proxy: LyingProxy) -> None:
    proxy.other_etags = True
    assert world.pack().problems == []
    assert proxy.told
    world.check()


def test_listings_that_miss_what_is_fresh(world: World) -> None:
    world.store = late = Forgetful(world.store)
    assert world.pack().problems == []
    world.add(1)
    # Without what the host remembers, the listing is all there is to go by.
    assert world.pack(3, "other").problems == []
    world.check()
    assert len(world.manifests()) == 2
    late.settle()
    world.add(2)
    assert world.pack(4, "third").problems == []
    world.check()
    assert len(world.manifests()) == 3
