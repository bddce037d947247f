"""The spool against a model, on a disk that loses power at any moment (reliability D3).

`support.disk` says what a power cut does here and what it does not. The model keeps what was acknowledged;
the call that the cut falls into may have happened or not, in the steps that it has.
"""

import itertools
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from oonib.model.uid import make_uid
from oonib.spool import CanState, DeadLetter, Limits, Receipt, Spool, Submission, Tally
from oonib.spool.checking import find_damage
from oonib.spool.entries import digest_of

from support.disk import Disk, Shim

pytestmark = [pytest.mark.crash]
START = datetime.now(UTC).replace(minute=58) - timedelta(hours=3)
ORDER = [CanState.PLANNED, CanState.UPLOADED, CanState.INDEXED, CanState.RELEASED]
ROOM = Limits(disk_reserve=0)


@dataclass
class Model:
    """What must be there: stored bytes by uid, the scorer's mark, the states of cans, who was ever taken."""

    kept: dict[str, bytes] = field(default_factory=dict)
    ever: frozenset[str] = frozenset()
    mark: int = 0
    cans: dict[int, CanState] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Model":
        return replace(self, kept=dict(self.kept), cans=dict(self.cans), numbers=dict(self.numbers))


def read(spool: Spool) -> Model:
    """What the spool has."""
    entries = spool.after(0, limit=10_000, max_bytes=1 << 40)
    with spool.database.read() as connection:
        cans = {row[0]: CanState(row[1]) for row in connection.execute("SELECT id, state FROM can")}
    return Model(
        {entry.uid: entry.stored() for entry in entries},
        frozenset(),
        spool.mark(),
        cans,
        {entry.uid: entry.seq for entry in entries},
    )


def accepted(spool: Spool) -> int:
    return sum(tally.n for tally in spool.ledger() if tally.outcome == "accepted")


class SpoolMachine(RuleBasedStateMachine):
    """Actions in any order; a power cut after any change of any file."""

    shim: ClassVar[Shim]

    def __init__(self) -> None:
        super().__init__()
        self.room = tempfile.TemporaryDirectory(prefix="oonib-spool-model-")
        self.folders = itertools.count()
        self.numbers = itertools.count()
        self.sent: dict[str, Submission] = {}
        self.largest = 0
        self.model = Model()
        self.begin(Model(), {})
        # How the last action changed things, and when each of its submissions was acknowledged.
        self.before, self.began, self.acked = Model(), 0, dict[str, int]()

    def begin(self, model: Model, files: dict[str, bytes]) -> None:
        """Open a spool over `files` in a folder of its own."""
        self.folder = Path(self.room.name, str(next(self.folders)))
        self.folder.mkdir()
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.disk = Disk(self.folder, {self.folder / name: data for name, data in files.items()})
        self.shim.disk = self.disk
        self.spool = Spool(self.folder / "spool.sqlite", ROOM)
        self.model = model

    def teardown(self) -> None:
        self.shim.disk = None
        self.spool.close()
        self.room.cleanup()

    def act(self) -> None:
        """An action begins: a cut may fall into it."""
        self.before, self.began, self.acked = self.model.copy(), len(self.disk.events), {}

    # What is done with a spool.

    @rule(sizes=st.lists(st.integers(0, 9000), min_size=1, max_size=12), hour=st.integers(0, 2))
    def submit(self, sizes: list[int], hour: int) -> None:
        self.act()
        futures: list[tuple[Submission, Future[Receipt]]] = []
        for size in sizes:
            item = made(next(self.numbers), size, hour)
            self.sent[item.uid] = item
            future = self.spool.submit(item)
            future.add_done_callback(lambda _done, uid=item.uid: self.acked.update({uid: self.now()}))
            futures.append((item, future))
        for item, future in futures:
            assert future.result(20).uid == item.uid
            self.model.kept[item.uid] = item.stored
        self.model.ever |= {item.uid for item, _ in futures}
        self.note_numbers()

    def now(self) -> int:
        return len(self.disk.events)

    def note_numbers(self) -> None:
        found = read(self.spool).numbers
        new = {uid: seq for uid, seq in found.items() if uid not in self.model.numbers}
        assert all(seq > self.largest for seq in new.values())
        self.largest = max([self.largest, *new.values()])
        self.model.numbers |= new

    # What is drawn must not depend on how the committing thread made its groups: it differs from run to run.

    @rule(choice=st.integers(0, 1000))
    def submit_again(self, choice: int) -> None:
        self.act()
        if not self.model.ever:
            return
        first = self.sent[sorted(self.model.ever)[choice % len(self.model.ever)]]
        again = made(next(self.numbers), 10, 0)
        receipt = self.spool.submit(replace(again, digest=first.digest)).result(20)
        assert (receipt.uid, receipt.duplicate) == (first.uid, True)

    @rule(count=st.integers(1, 20), dead=st.booleans())
    def settle(self, count: int, dead: bool) -> None:
        self.act()
        entries = self.spool.after(self.spool.mark(), limit=count, max_bytes=1 << 40)
        if entries:
            letters = [DeadLetter(entries[0].seq, entries[0].uid, "why")] if dead else []
            self.spool.settle(
                entries[-1].seq, [Tally("2026030210", "scored", "", len(entries) - len(letters))], letters
            )
            self.model.mark = entries[-1].seq

    @rule()
    def plan(self) -> None:
        self.act()
        for group in self.spool.cans.waiting("9999")[:1]:
            seqs = [seq for seq, _, _ in self.spool.cans.candidates(group)]
            can = self.spool.cans.plan(group, "1", self.spool.cans.next_number(group, "1"), seqs)
            self.model.cans[can.id] = CanState.PLANNED

    @rule(choice=st.integers(0, 1000))
    def carry(self, choice: int) -> None:
        self.act()
        cans = self.spool.cans.unfinished()
        if not cans:
            return
        can = cans[choice % len(cans)]
        if can.state is not CanState.INDEXED:
            following = ORDER[ORDER.index(can.state) + 1]
            self.spool.cans.advance(can, following)
            self.model.cans[can.id] = following
            return
        members = {entry.uid for entry in self.spool.cans.members(can)}
        if self.spool.cans.release(can):
            self.model.cans[can.id] = CanState.RELEASED
        for uid in members:
            if self.model.numbers[uid] <= self.model.mark:
                del self.model.kept[uid], self.model.numbers[uid]

    @rule()
    def prune(self) -> None:
        self.act()
        self.spool.prune()

    @rule(mode=st.sampled_from(["PASSIVE", "FULL", "RESTART", "TRUNCATE"]))
    def checkpoint(self, mode: str) -> None:
        # SQLite does so by itself when the log has grown; here it does not wait for that.
        self.act()
        with self.spool.database.read() as connection:
            connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()

    @rule()
    def open_again(self) -> None:
        self.act()
        self.spool.close()
        self.spool = Spool(self.folder / "spool.sqlite", ROOM)

    # What happens to it.

    @rule(
        when=st.floats(0, 1),
        seed=st.integers(0, 1 << 32),
        shared=st.sampled_from([None, b"", b"\xff" * 32768]),
    )
    def power_cut(self, when: float, seed: int, shared: bytes | None) -> None:
        at = self.began + round(when * (len(self.disk.events) - self.began))
        found = self.disk.after_power_cut(at, random.Random(seed))
        disk = self.disk
        self.shim.disk = None
        self.spool.close()
        assert disk is self.disk
        files = {path.name: data for path, data in found.items() if not path.name.endswith("-shm")}
        if shared is not None:
            files["spool.sqlite-shm"] = shared
        acked = {uid for uid, after in self.acked.items() if after <= at}
        before, after = self.before, self.model
        self.begin(Model(), files)
        self.check_cut(before, after, acked)

    def check_cut(self, before: Model, after: Model, acked: set[str]) -> None:
        assert self.spool.opening.quarantined is None
        now = read(self.spool)
        must = (before.kept.keys() & after.kept.keys()) | acked
        assert must <= now.kept.keys(), "acknowledged and gone"
        assert now.kept.keys() <= before.kept.keys() | after.kept.keys()
        assert all(self.sent[uid].stored == stored for uid, stored in now.kept.items())
        assert all(before.numbers.get(uid, seq) == seq for uid, seq in now.numbers.items())
        assert before.mark <= now.mark <= after.mark
        for can, state in before.cans.items():
            reached = ORDER.index(now.cans[can])
            assert ORDER.index(state) <= reached <= ORDER.index(after.cans[can])
        now.ever = frozenset({*before.ever, *now.kept})
        assert accepted(self.spool) == len(now.ever)
        self.largest = max([0, *before.numbers.values(), *now.numbers.values()])
        self.model = now
        self.act()

    @invariant()
    def all_is_there(self) -> None:
        now = read(self.spool)
        assert now.kept == self.model.kept
        assert now.mark == self.model.mark
        assert now.cans == self.model.cans
        status = self.spool.status()
        assert status.entries == len(self.model.kept)
        assert list(find_damage(self.spool)) == []
        assert accepted(self.spool) == len(self.model.ever)


def made(number: int, size: int, hour: int) -> Submission:
    noise = random.Random(number).randbytes(size // 2).hex()
    stored = b'{"content":{"report_id":"r","n":%d,"x":"%b"}}' % (number, noise.encode())
    received = START + timedelta(hours=hour, microseconds=number)
    return Submission(str(make_uid(received, "IT", "telegram", stored)), "r", digest_of("r", stored), stored)


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    try:
        shim = Shim()
    except OSError:
        pytest.skip("Python's SQLite is not a library of its own here")
    with shim.installed():
        if not shim.works(tmp_path):
            pytest.skip("Python's SQLite is not the one that was found")
        yield shim


def run(shim: Shim, examples: int, steps: int) -> None:
    SpoolMachine.shim = shim
    run_state_machine_as_test(
        SpoolMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_is_written_down_is_what_is_on_the_disk(shim: Shim, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    shim.disk = Disk(folder, {})
    spool = Spool(folder / "spool.sqlite", ROOM)
    for number in range(30):
        spool.submit(made(number, 4000, 0)).result(10)
    check_written(shim.disk)
    spool.close()
    check_written(shim.disk)


def check_written(disk: Disk) -> None:
    whole = disk.whole()
    there = {path for path in disk.folder.glob("*.sqlite*") if not path.name.endswith("-shm")}
    assert {path for path, data in whole.items() if data} == there
    assert all(path.read_bytes() == data for path, data in whole.items())


@pytest.mark.timeout(240)
def test_any_order_of_actions_and_cuts(shim: Shim) -> None:
    run(shim, examples=30, steps=25)


@pytest.mark.slow
def test_any_order_for_longer(shim: Shim) -> None:
    run(shim, examples=500, steps=40)
