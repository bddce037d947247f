"""Packing: everything once, whatever dies on the way (fastpath contract 11; reliability D1, D8, D9)."""

import gzip
import os
import sqlite3
import subprocess
import tarfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oonib.archive import BodyStore, Packer, PackerBusy, PackSummary, parse_can_key
from oonib.archive import packer as packer_module
from oonib.archive.body import Wanted
from oonib.jobs.archiving import turn_of
from oonib.jobs.turns import Leases
from oonib.metrics.archive import ArchiveMetrics
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

    def packer(
        self,
        reach: Callable[[str], None] = lambda _point: None,
        collector: str = "1",
        metrics: ArchiveMetrics | None = None,
    ) -> Packer:
        return Packer(
            self.spool,
            self.store,
            self.table,
            collector=collector,
            work_dir=self.folder / "work",
            reach=reach,
            metrics=metrics,
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
    world: World, monkeypatch: pytest.MonkeyPatch, point: str, visit: int, scored: bool
) -> None:
    # The second visit is with the second can: each is indexed alone then.
    monkeypatch.setattr(packer_module, "_CANS_AT_ONCE", 3 - visit)
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


@pytest.mark.parametrize("die_at", [None, "archive.after_renumber", "archive.after_upload_postcan"])
def test_an_object_of_somebody_else_is_never_replaced(world: World, die_at: str | None) -> None:
    posts = submit_all(world.spool, [post("r1"), post("r2")])
    key = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.tar.gz"

    def intrude(point: str) -> None:
        if point == "archive.after_build":
            world.store.put_new(key, b"of another host with the same number")
        if point == die_at:
            raise Died

    if die_at is None:
        summary = world.pack(intrude)
    else:
        with pytest.raises(Died):
            world.pack(intrude)
        summary = world.pack()
    assert summary.ok
    assert world.store.get(key) == b"of another host with the same number"
    world.store.delete(key)
    assert {parse_can_key(key)[0].number for key in world.stored_keys()} == {1}
    world.check_everything_once(posts)


def test_posts_that_were_archived_before_they_were_damaged_are_not_archived_again(world: World) -> None:
    submit_all(world.spool, [post("r1"), post("r2")])

    def die(point: str) -> None:
        if point == "archive.after_upload_postcan":
            raise Died

    with pytest.raises(Died):
        world.pack(die)
    before = {key: world.store.get(key) for key in world.stored_keys()}
    with sqlite3.connect(world.folder / "spool" / "spool.sqlite") as connection:
        connection.execute("UPDATE body SET packed = substr(packed, 1, 20) WHERE seq = 1")
    connection.close()
    summary = world.pack()
    assert [problem.step for problem in summary.problems] == ["upload"]
    assert "left alone" in summary.problems[0].message
    assert {key: world.store.get(key) for key in world.stored_keys()} == before


def test_two_hosts_with_the_same_number_by_mistake(tmp_path: Path) -> None:
    """Both pack the same hour at once, without a lease: conditional writes alone keep all of both (D9)."""
    hosts = [World(tmp_path / name) for name in ("one", "two")]
    posts = {}
    for n, host in enumerate(hosts):
        host.store = ObjectStore.open(str(tmp_path / "objects"), data_dir=None)
        for cc in ("BR", "IT", "DE"):
            when = START + timedelta(seconds=n)
            posts |= submit_all(host.spool, [post(f"r{n}", m) for m in range(3)], cc=cc, received=when)
    both = threading.Barrier(2)

    def together(point: str) -> None:
        if point == "archive.after_plan":
            both.wait(20)

    summaries: list[PackSummary] = []
    threads = [threading.Thread(target=lambda h=host: summaries.append(h.pack(together))) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [summary.ok for summary in summaries] == [True, True]
    hosts[0].folder = tmp_path
    assert sorted(hosts[0].archived()) == sorted(posts.items())
    for n, host in enumerate(hosts):
        bodies = BodyStore(host.table, host.store)
        for uid, stored in posts.items():
            if f'"r{n}"'.encode() in stored:
                assert bodies.find(Wanted(uid)) == content_span(stored)
        host.spool.close()


def test_two_hosts_of_different_numbers_share_a_store(tmp_path: Path) -> None:
    hosts = [World(tmp_path / name) for name in ("one", "two")]
    for number, host in zip("14", hosts, strict=True):
        host.store = ObjectStore.open(str(tmp_path / "objects"), data_dir=None)
        submit_all(host.spool, [post(f"r{number}")])
        assert host.packer(collector=number).pack(AFTER).ok
    assert [parse_can_key(key)[0].collector for key in hosts[0].stored_keys()] == ["1", "1", "4", "4"]
    for host in hosts:
        host.spool.close()


def test_a_lease_keeps_a_second_host_of_the_same_number_waiting(world: World) -> None:
    posts = submit_all(world.spool, [post("r1")])
    other = Leases(world.store, "1-other")
    ours = turn_of(Leases(world.store, "1-ours"), "1")
    packer = Packer(
        world.spool, world.store, world.table, collector="1", work_dir=world.folder / "work", turn=ours
    )
    with (
        other.turn("archive-n1", None),
        pytest.raises(PackerBusy, match=r"collector_id 1 at this moment .*each host needs"),
    ):
        packer.pack(AFTER)
    assert packer.pack(AFTER).ok
    for key in world.stored_keys():
        if key.startswith("jobs/"):
            world.store.delete(key)
    world.check_everything_once(posts)


def test_without_the_store_there_is_no_lease_and_what_needs_none_is_done(world: World) -> None:
    submit_all(world.spool, [post("r1")])
    assert world.pack().unscored == 1
    score_everything(world.spool)
    nowhere = ObjectStore.open("/proc/nowhere", data_dir=None)
    turn = turn_of(Leases(nowhere, "1-ours"), "1")
    packer = Packer(
        world.spool, nowhere, world.table, collector="1", work_dir=world.folder / "work", turn=turn
    )
    assert packer.pack(AFTER).released == 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of its own cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_folder_of_objects_leaves_all_for_later(world: World, disk: Path) -> None:
    posts = submit_all(world.spool, [post("r1", n) for n in range(3)])
    fill = disk / "fill"
    with pytest.raises(OSError, match="No space"), fill.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65536))
    world.store = ObjectStore.open(str(disk / "objects"), data_dir=None)
    metrics = ArchiveMetrics()
    summary = world.packer(metrics=metrics).pack(AFTER)
    assert (summary.ok, summary.indexed) == (False, 0)
    assert "No space left" in str(summary)
    assert value(metrics.failures.labels(summary.problems[0].step, "store_away")) == 1
    assert value(metrics.oldest) > 0
    fill.unlink()
    assert world.packer(metrics=metrics).pack(AFTER).ok
    assert len(world.stored_keys()) == 2
    assert (value(metrics.waiting), value(metrics.oldest), value(metrics.postcans)) == (0, 0, 1)
    world.folder = disk
    world.check_everything_once(posts)


def test_a_folder_of_objects_that_cannot_be_written_leaves_all_for_later(world: World, disk: Path) -> None:
    posts = submit_all(world.spool, [post("r1")])
    world.store = ObjectStore.open(str(disk / "objects"), data_dir=None)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert "Read-only file system" in str(world.pack())
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert world.pack().ok
    world.folder = disk
    world.check_everything_once(posts)


def test_a_full_work_folder_keeps_no_halves(world: World, disk: Path) -> None:
    posts = submit_all(world.spool, [post("r1")])
    big = b'{"format":"json","content":{"fill":"%s"}}'
    posts |= submit_all(world.spool, [big % os.urandom(6_000_000).hex().encode()], cc="IT")

    def packer() -> Packer:
        return Packer(world.spool, world.store, world.table, collector="1", work_dir=disk)

    summary = packer().pack(AFTER)
    assert [(problem.can[11:13], problem.step) for problem in summary.problems] == [("IT", "build")]
    assert list((disk / "cans").iterdir()) == []
    subprocess.run(["mount", "-o", "remount,size=32m", disk], check=True)
    assert packer().pack(AFTER).ok
    world.check_everything_once(posts)


def test_a_run_is_counted(world: World) -> None:
    submit_all(world.spool, [post("r1", 1), post("r1", 2), b"rubbish"])
    metrics = ArchiveMetrics()
    world.packer(metrics=metrics).pack(AFTER)
    counted = (metrics.measurements, metrics.postcans, metrics.unreadable, metrics.waiting, metrics.cans_left)
    assert [value(metric) for metric in counted] == [3, 1, 1, 0, 0]
    assert value(metrics.bytes) == sum(info.size for info in world.store.list())


def value(metric: Any) -> float:
    """What a counter or gauge stands at."""
    return float(next(iter(metric.collect())).samples[0].value)


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
