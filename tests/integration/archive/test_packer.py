"""Packing: everything once, whatever dies on the way (fastpath contract 11; reliability D1, D8, D9)."""

import gzip
import os
import sqlite3
import tarfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oonib.archive import BodyStore, Packer, PackerBusy, PackSummary, parse_can_key
from oonib.archive.body import Wanted
from oonib.model.envelope import content_span
from oonib.objects import ObjectStore, ObjectStoreUnavailable
from oonib.objects.backend import Content
from oonib.objects.folder import Folder
from oonib.spool import Limits, Spool
from oonib.warehouse.errors import WarehouseUnavailable

from support.archiving import START, TableOfLines, post, score_everything, submit_all

POINTS = (
    "archive.after_plan",
    "archive.after_build",
    "archive.after_upload_postcan",
    "archive.after_upload",
    "archive.after_index",
    "archive.before_release",
    "archive.after_release",
)
AFTER = START + timedelta(hours=1)
"""The hour of the posts is closed at 11:10."""


class Died(BaseException):
    """What a fault point raises: no code of the program catches it."""


class World:
    """A spool, a store, a table, and packers over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = Spool(folder / "spool" / "spool.sqlite", Limits(disk_reserve=0))
        self.store = ObjectStore.open(str(folder / "objects"), data_dir=None)
        self.table = TableOfLines()

    def packer(self, reach: Callable[[str], None] = lambda _point: None, collector: str = "1") -> Packer:
        return Packer(
            self.spool,
            self.store,
            self.table,
            collector=collector,
            work_dir=self.folder / "work",
            reach=reach,
        )

    def pack(self, reach: Callable[[str], None] = lambda _point: None) -> PackSummary:
        return self.packer(reach).pack(AFTER)

    def stored_keys(self) -> list[str]:
        return [info.key for info in self.store.list()]

    def archived(self) -> list[tuple[str, bytes]]:
        """Every post in the store, by uid."""
        found = []
        for key in self.stored_keys():
            if key.endswith(".tar.gz"):
                with tarfile.open(self.folder / "objects" / key) as tar:
                    for member in tar:
                        content = tar.extractfile(member)
                        assert content is not None
                        uid = member.name.rpartition("/")[2].removesuffix(".post")
                        found.append((uid, content.read()))
        return found

    def check_everything_once(self, posts: dict[str, bytes]) -> None:
        assert sorted(self.archived()) == sorted(posts.items())
        assert Counter(row["measurement_uid"] for row in self.table.rows) == Counter(list(posts))
        bodies = BodyStore(self.table, self.store)
        for uid, stored in posts.items():
            assert bodies.find(Wanted(uid)) == content_span(stored)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.spool.close()


def test_an_hour_is_packed_under_the_names_of_ooni(world: World) -> None:
    posts = submit_all(world.spool, [post("r1", 1), post("r2", 2)])
    posts |= submit_all(world.spool, [post("r3", 3)], cc="IT", test="signal")
    score_everything(world.spool)
    summary = world.pack()
    assert world.stored_keys() == [
        "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.jsonl.gz",
        "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.tar.gz",
        "raw/20260302/10/IT/signal/2026030210_IT_signal.n1.0.jsonl.gz",
        "raw/20260302/10/IT/signal/2026030210_IT_signal.n1.0.tar.gz",
    ]
    world.check_everything_once(posts)
    assert summary.ok
    assert (summary.planned, summary.uploaded, summary.indexed, summary.released) == (2, 2, 2, 2)
    assert (summary.measurements, summary.left, summary.waiting, summary.unscored) == (3, 0, 0, 0)
    assert world.spool.status().entries == 0
    assert not any((world.folder / "work" / "cans").iterdir())


def test_an_hour_is_closed_an_hour_and_the_grace_after_it_began(world: World) -> None:
    submit_all(world.spool, [post("r1")])
    packer = world.packer()
    for minute, packed in ((59, 0), (9, 0), (10, 1)):
        hour = 10 if minute == 59 else 11
        now = datetime(2026, 3, 2, hour, minute, 59, tzinfo=UTC)
        assert packer.pack(now, grace=timedelta(minutes=10)).indexed == packed


def test_now_takes_the_current_hour_and_twice_adds_nothing(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    assert world.packer().pack(START, include_current=True).indexed == 1
    keys = world.stored_keys()
    score_everything(world.spool)
    again = world.packer().pack(START, include_current=True)
    assert (again.planned, again.indexed, again.released) == (0, 0, 1)
    assert world.stored_keys() == keys
    world.check_everything_once(posts)


def test_posts_stay_in_the_spool_until_they_are_scored(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    summary = world.pack()
    assert (summary.indexed, summary.released, summary.unscored) == (1, 0, 1)
    assert world.spool.body(next(iter(posts))) is not None
    score_everything(world.spool)
    assert world.pack().released == 1
    assert world.spool.body(next(iter(posts))) is None
    world.check_everything_once(posts)


def test_a_late_post_gets_a_can_of_its_own(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    world.pack()
    posts |= submit_all(world.spool, [post("r2")], received=START + timedelta(minutes=1))
    world.pack()
    numbers = [parse_can_key(key)[0].number for key in world.stored_keys()]
    assert numbers == [0, 0, 1, 1]
    world.check_everything_once(posts)


def test_a_number_that_is_in_use_in_the_store_is_passed_over(world: World) -> None:
    submit_all(world.spool, [post("r1")])
    foreign = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.jsonl.gz"
    world.store.put(foreign, b"of another life")
    world.pack()
    assert world.store.get(foreign) == b"of another life"
    assert {parse_can_key(key)[0].number for key in world.stored_keys()} == {0, 1}


def test_large_groups_are_split(world: World) -> None:
    # Nothing shrinks random digits by more than half: twelve of these are more than one can holds.
    fill = b'{"format":"json","content":{"n":%d,"fill":"%s"}}'
    posts = submit_all(world.spool, [fill % (n, os.urandom(2_000_000).hex().encode()) for n in range(12)])
    summary = world.pack()
    assert summary.indexed == 2
    world.check_everything_once(posts)


@pytest.mark.parametrize("scored", [True, False])
@pytest.mark.parametrize("visit", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_loses_and_repeats_nothing(
    world: World, point: str, visit: int, scored: bool
) -> None:
    posts = submit_all(world.spool, [post("r1", n) for n in range(5)])
    posts |= submit_all(world.spool, [post("r2", n) for n in range(3)], cc="IT")
    if scored:
        score_everything(world.spool)
    left = [visit]

    def reach(here: str) -> None:
        if here == point:
            left[0] -= 1
            if left[0] == 0:
                raise Died

    with pytest.raises(Died):
        world.pack(reach)
    # Posts that come in between must not end up in a can that is already planned.
    posts |= submit_all(world.spool, [post("r3")], received=START + timedelta(seconds=1))
    score_everything(world.spool)
    assert world.pack().ok
    world.check_everything_once(posts)
    assert world.spool.status().entries == 0
    archived = [tally.n for tally in world.spool.ledger() if tally.outcome == "archived"]
    assert archived == [len(posts)]


def test_posts_that_cannot_be_read_stop_nothing(world: World) -> None:
    posts = submit_all(world.spool, [post("r1"), b"rubbish", b'{"format":"yaml","content":"x"}', post("r2")])
    damaged = next(uid for uid, stored in posts.items() if stored == post("r2"))
    with sqlite3.connect(world.folder / "spool" / "spool.sqlite") as connection:
        connection.execute(
            "UPDATE body SET packed = substr(packed, 1, 20) WHERE seq ="
            " (SELECT seq FROM entry WHERE uid = ?)",
            (damaged,),
        )
    connection.close()
    summary = world.pack()
    assert summary.ok
    assert len(summary.unreadable) == 3
    assert summary.measurements == 1
    jsonl = next(key for key in world.stored_keys() if key.endswith(".jsonl.gz"))
    lines = gzip.decompress(world.store.get(jsonl)).splitlines()
    assert [line == b"{}" for line in lines] == [
        uid != world.table.rows[0]["measurement_uid"] for uid in sorted(posts)
    ]
    assert sorted(uid for uid, _ in world.archived()) == sorted(posts)


def test_the_warehouse_away_leaves_the_rows_for_the_next_run(world: World) -> None:
    posts = {}
    for cc in ("BR", "IT", "DE", "FR"):
        posts |= submit_all(world.spool, [post("r1")], cc=cc)
    world.table.failure = WarehouseUnavailable(None, "away")
    summary = world.pack()
    assert (summary.uploaded, summary.indexed, summary.left) == (4, 0, 4)
    assert {problem.step for problem in summary.problems} == {"index"}
    world.table.failure = None
    summary = world.pack()
    assert (summary.bytes_uploaded, summary.indexed) == (0, 4)
    world.check_everything_once(posts)


class Shaky(Folder):
    """A folder that is away, or loses the answer of a write that it made."""

    away = False
    lose_answers = 0

    def put_new(self, key: str, content: Content) -> None:
        if self.away:
            raise ObjectStoreUnavailable("away")
        super().put_new(key, content)
        if self.lose_answers:
            self.lose_answers -= 1
            raise ObjectStoreUnavailable("no answer")


def test_the_store_away_leaves_the_cans_for_the_next_run(world: World) -> None:
    posts = {}
    for cc in ("BR", "IT", "DE", "FR"):
        posts |= submit_all(world.spool, [post("r1")], cc=cc)
    shaky = Shaky(world.folder / "objects")
    shaky.away = True
    world.store = ObjectStore(shaky)
    summary = world.pack()
    assert not summary.ok
    assert summary.indexed == 0
    assert summary.left + summary.waiting == 4
    shaky.away = False
    assert world.pack().indexed == 4
    world.check_everything_once(posts)


def test_a_lost_answer_is_settled_by_looking(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    shaky = Shaky(world.folder / "objects")
    shaky.lose_answers = 2
    world.store = ObjectStore(shaky)
    assert world.pack().ok
    world.check_everything_once(posts)


def test_an_object_of_somebody_else_is_never_replaced(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    key = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.tar.gz"

    def intrude(point: str) -> None:
        if point == "archive.after_build":
            world.store.put(key, b"of another host with the same number")

    summary = world.pack(intrude)
    assert [problem.step for problem in summary.problems] == ["upload"]
    assert "left alone" in summary.problems[0].message
    assert world.store.get(key) == b"of another host with the same number"
    assert world.spool.body(next(iter(posts))) is not None


def test_an_older_build_of_the_same_can_is_replaced(world: World, tmp_path: Path) -> None:
    posts = submit_all(world.spool, [post("r1")])

    def die(point: str) -> None:
        if point == "archive.after_upload":
            raise Died

    with pytest.raises(Died):
        world.pack(die)
    # As another version of the compressor would have written it.
    for key in world.stored_keys():
        packed = world.store.get(key)
        world.store.put(key, gzip.compress(gzip.decompress(packed), 1))
    assert world.pack().ok
    world.check_everything_once(posts)


def test_a_second_packer_is_refused(world: World) -> None:
    submit_all(world.spool, [post("r1")])
    inside, leave = threading.Event(), threading.Event()

    def wait(point: str) -> None:
        if point == "archive.after_build":
            inside.set()
            leave.wait(20)

    first = threading.Thread(target=world.pack, args=(wait,))
    first.start()
    assert inside.wait(20)
    with pytest.raises(PackerBusy):
        world.pack()
    leave.set()
    first.join()
    assert len(world.stored_keys()) == 2
    assert world.pack().planned == 0
