"""Posts whose uid is known already, taken in once more: sent again, or from an export (reliability D13)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oonib.model.uid import make_uid
from oonib.spool import Limits, Spool, Submission
from oonib.spool.entries import digest_of
from oonib.spool.porting import export_folder, import_folder

from support.archiving import START, post, score_everything
from support.manifests import Sealed

LATER = START + timedelta(hours=2)
Again = Callable[[Spool], tuple[int, int]]


def submissions() -> list[Submission]:
    """As the collector makes them."""
    found = []
    for n in range(8):
        stored = post("r", n)
        start = stored.index(b":{") + 1
        uid = make_uid(START + timedelta(microseconds=n), "BR", "webconnectivity", stored)
        found.append(
            Submission(str(uid), "r", digest_of("r", stored[start : stored.rindex(b',"is_')]), stored)
        )
    return found


def submit(spool: Spool) -> tuple[int, int]:
    """How many are stored, and how many known."""
    receipts = [spool.submit(one).result(30) for one in submissions()]
    known = sum(receipt.duplicate for receipt in receipts)
    return len(receipts) - known, known


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sealed]:
    world = Sealed(tmp_path)
    assert submit(world.spool) == (8, 0)
    yield world
    world.close()


@pytest.fixture(params=["sent again", "taken from an export"])
def again(request: pytest.FixtureRequest, world: Sealed, tmp_path: Path) -> Again:
    if request.param == "sent again":
        return submit
    export_folder(world.spool, tmp_path / "out")

    def taken_in(spool: Spool) -> tuple[int, int]:
        result = import_folder(spool, tmp_path / "out", tmp_path / "quarantine")
        assert not result.quarantined
        return result.stored, result.known

    return taken_in


def test_while_they_are_here(world: Sealed, again: Again) -> None:
    assert again(world.spool) == (0, 8)
    assert world.spool.status().entries == 8


def test_after_they_were_archived(world: Sealed, again: Again) -> None:
    score_everything(world.spool)
    assert world.pack(LATER).released == 1
    assert world.spool.status().entries == 0
    assert again(world.spool) == (0, 8)
    assert world.spool.status().entries == 0
    assert world.pack(LATER).planned == 0
    assert len(world.table.rows) == 8


def test_after_one_was_removed(world: Sealed, again: Again) -> None:
    assert world.spool.remove(submissions()[3].uid)
    assert again(world.spool) == (0, 8)
    assert world.spool.body(submissions()[3].uid) is None


def test_after_damage_what_was_lost_comes_back(world: Sealed, again: Again) -> None:
    other = post("archived", 1)
    uid = make_uid(datetime(2026, 3, 2, 8, tzinfo=UTC), "IT", "ndt", other)
    archived = Submission(str(uid), "archived", digest_of("archived", other), other)
    world.spool.submit(archived).result(30)
    group = next(group for group in world.spool.cans.waiting("A") if group.test == "ndt")
    world.spool.settle(9, [])
    assert world.pack(datetime(2026, 3, 2, 9, 30, tzinfo=UTC)).released == 1
    assert group.count == 1
    with world.spool.database.write() as connection:
        connection.execute("DELETE FROM body WHERE seq <= 5")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'digest_day'"
        ).fetchone()
    world.spool.close()
    path = world.folder / "spool" / "spool.sqlite"
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 200)
    world.spool = Spool(path, Limits(disk_reserve=0))
    assert world.spool.opening.quarantined is not None
    assert world.spool.opening.salvaged == 3
    assert again(world.spool) == (5, 3)
    # What had been archived before is known all the same.
    assert world.spool.submit(archived).result(30).duplicate
    assert world.spool.status().entries == 8
