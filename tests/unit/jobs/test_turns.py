"""Whose turn it is: on one host by a lock, between hosts by leases in either kind of object store."""

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from oonib.jobs.turns import Leases, NotOurTurn, is_running, local_turn
from oonib.objects import ObjectStore, ObjectStoreError

from support.processes import wait_until
from support.s3 import S3Server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore.open(str(tmp_path / "objects"))
    server: S3Server = request.getfixturevalue("s3")
    bucket = f"leases-{uuid.uuid4().hex[:12]}"
    server.make_bucket(bucket)
    return server.open(bucket)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def keys(objects: ObjectStore) -> list[str]:
    return [info.key for info in objects.list("jobs")]


def test_one_holder_at_a_time(objects: ObjectStore) -> None:
    one, two = Leases(objects, "one"), Leases(objects, "two")
    with one.turn("lists", None) as turn:
        with pytest.raises(NotOurTurn, match="host one is at it"), two.turn("lists", None):
            pass
        with two.turn("asn", None):
            pass
        turn.ok = True
    with two.turn("lists", None):
        pass


def test_what_another_host_has_just_done_is_not_done_again(objects: ObjectStore) -> None:
    clock = Clock()
    one, two = Leases(objects, "one", clock=clock), Leases(objects, "two", clock=clock)
    with one.turn("lists", 1800.0) as turn:
        turn.ok = True
    clock.now += 1799
    with pytest.raises(NotOurTurn, match="host one did it 1799 s ago"), two.turn("lists", 1800.0):
        pass
    with one.turn("lists", 1800.0):
        pass  # its own work may be done again, and fails this time
    with pytest.raises(NotOurTurn, match="host one did it"), two.turn("lists", 1800.0):
        pass
    with two.turn("lists", None):
        pass
    clock.now += 2
    with one.turn("lists", 1800.0):
        pass


def test_what_failed_elsewhere_is_tried_here(objects: ObjectStore) -> None:
    clock = Clock()
    one, two = Leases(objects, "one", clock=clock), Leases(objects, "two", clock=clock)
    with pytest.raises(ValueError, match="broken"), one.turn("lists", 1800.0):
        raise ValueError("broken")
    with two.turn("lists", 1800.0):
        pass


def test_a_lease_that_nobody_renews_ends(objects: ObjectStore) -> None:
    clock = Clock()
    dead, heir = Leases(objects, "dead", clock=clock), Leases(objects, "heir", clock=clock)
    with ExitStack() as never:
        never.enter_context(dead.turn("lists", None))
        clock.now += 299
        with pytest.raises(NotOurTurn), heir.turn("lists", None):
            pass
        clock.now += 2
        with heir.turn("lists", None):
            # The first one wakes up: it may not take anything back.
            never.close()
            with pytest.raises(NotOurTurn, match="host heir is at it"), dead.turn("lists", None):
                pass
    assert len(keys(objects)) <= 2, "old numbers are cleared away"


def test_a_host_takes_its_own_lease_again_at_once(objects: ObjectStore) -> None:
    # As after kill -9: nothing gave the lease back.
    left = Leases(objects, "one").turn("lists", None)
    left.__enter__()
    with Leases(objects, "one").turn("lists", 1800.0):
        pass
    left.__exit__(None, None, None)


def test_a_long_run_keeps_its_lease(objects: ObjectStore) -> None:
    one = Leases(objects, "one", lasts=0.6, renew_every=0.1)
    two = Leases(objects, "two", lasts=0.6, renew_every=0.1)
    with one.turn("lists", None):
        for _ in range(6):
            time.sleep(0.2)
            with pytest.raises(NotOurTurn), two.turn("lists", None):
                pass


def test_of_many_at_once_one_gets_it(objects: ObjectStore) -> None:
    for turn in range(4):
        barrier, got = threading.Barrier(6), list[str]()
        release = threading.Event()

        def compete(
            host: str, barrier: threading.Barrier, got: list[str], release: threading.Event, turn: int
        ) -> None:
            leases = Leases(objects, f"{host}-{turn}")
            barrier.wait()
            try:
                with leases.turn("lists", None):
                    got.append(host)
                    release.wait(10)
            except NotOurTurn:
                got.append("")

        threads = [
            threading.Thread(target=compete, args=(f"h{i}", barrier, got, release, turn)) for i in range(6)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda got=got: len(got) == 6, 20, "six answers")
        release.set()
        for thread in threads:
            thread.join()
        assert len(list(filter(None, got))) == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b'{"host": 5}'])
def test_a_spoilt_lease_blocks_nobody(objects: ObjectStore, content: bytes) -> None:
    objects.put("jobs/leases/lists/000000000041", content)
    objects.put("jobs/leases/lists/readme", b"x")
    with Leases(objects, "one").turn("lists", 1800.0):
        assert "jobs/leases/lists/000000000042" in keys(objects)


def test_without_the_object_store_it_is_nobodys_turn(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file where the folder should be")
    leases = Leases(ObjectStore.open(str(tmp_path / "objects")), "one")
    with pytest.raises(ObjectStoreError), leases.turn("lists", None):
        pass


def test_on_one_host_the_lock_decides_and_dies_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "jobs" / "lists.lock"
    assert not is_running(lock)
    code = (
        "import sys, time; from pathlib import Path; from oonib.jobs.turns import local_turn\n"
        f"with local_turn(Path({str(lock)!r})): print('mine', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        assert is_running(lock)
        with pytest.raises(NotOurTurn, match="runs already"), local_turn(lock):
            pass
        process.kill()
        process.wait()
    with local_turn(lock):
        assert is_running(lock)
    assert not is_running(lock)


def test_looking_does_not_take_the_turn(tmp_path: Path) -> None:
    lock = tmp_path / "lists.lock"
    with local_turn(lock):
        pass
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_running(lock)

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(50):
        with local_turn(lock):
            pass
    stop.set()
    thread.join()
