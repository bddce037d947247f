"""Each call to the disk fails in turn (reliability D4): nothing acknowledged is lost, and it recovers.

The failing calls are those that change files, on the way from SQLite to the system; a write that fails has
done half of its work. After a failed sync what it was to keep is never kept by a later one.
"""

import errno
import itertools
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from oonib.spool import CanState, Spool, SpoolError, SpoolFull, Tally, mending
from oonib.spool import database as database_module
from oonib.spool import opening as opening_module
from oonib.spool.checking import find_damage

from .test_spool_model import ROOM, SpoolMachine, made, shim
from support.disk import FULL, IOERR_FSYNC, IOERR_TRUNCATE, IOERR_WRITE, Disk, Event, Kind, Shim

__all__ = ["shim"]

pytestmark = [pytest.mark.crash]
CODES: dict[str, dict[Kind, int]] = {
    "EIO": {"write": IOERR_WRITE, "sync": IOERR_FSYNC, "truncate": IOERR_TRUNCATE, "delete": 2570},
    "ENOSPC": {"write": FULL, "sync": IOERR_FSYNC, "truncate": IOERR_TRUNCATE, "delete": 2570},
}


class NthCall:
    """Fails the n-th call, and with `lasting` all that follow."""

    def __init__(self, n: int, codes: dict[Kind, int], *, lasting: bool) -> None:
        self.n, self.codes, self.lasting = n, codes, lasting
        self.seen = 0
        self.fired: Kind | None = None
        self.over = False

    def __call__(self, kind: Kind, _path: Path) -> int | None:
        if self.over:
            return None
        self.seen += 1
        if self.seen == self.n or (self.lasting and self.seen > self.n):
            self.fired = self.fired or kind
            return self.codes[kind]
        return None


def work(spool: Spool, numbers: Iterator[int], acked: dict[str, bytes], errors: list[SpoolError]) -> None:
    """One of everything. What fails is noted, and the rest goes on as the processes of a host do."""

    def attempt(step: Callable[[], object]) -> None:
        try:
            step()
        except SpoolError as exc:
            errors.append(exc)

    for _ in range(3):
        item = made(next(numbers), 6000, 0)

        def submit(item=item) -> None:
            acked[spool.submit(item).result(20).uid] = item.stored

        attempt(submit)
    attempt(lambda: spool.settle(spool.mark() + 1, [Tally("2026030210", "scored", "", 1)]))

    def pack() -> None:
        for group in spool.cans.waiting("9999"):
            seqs = [seq for seq, _, _ in spool.cans.candidates(group, limit=1)]
            can = spool.cans.plan(group, "1", spool.cans.next_number(group, "1"), seqs)
            spool.cans.advance(can, CanState.UPLOADED)

    attempt(pack)

    def checkpoint() -> None:
        with spool.database.read() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    attempt(checkpoint)


@pytest.fixture(autouse=True)
def seen_by_the_disk(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to the log past SQLite goes to the same disk."""

    def rewritten(log: Path) -> None:
        disk = shim.disk
        if disk is None or not log.exists():
            mending.rewrite(log)
            return
        if disk.fail("write", log) is not None:
            raise OSError(errno.EIO, "write")
        disk.note(Event("write", log, 0, log.read_bytes()))
        if disk.fail("sync", log) is not None:
            disk.note(Event("failed sync", log))
            raise OSError(errno.EIO, "sync")
        mending.rewrite(log)
        disk.note(Event("sync", log))

    monkeypatch.setattr(database_module, "rewrite", rewritten)
    monkeypatch.setattr(opening_module, "rewrite", rewritten)


def one_round(shim: Shim, folder: Path, fault: NthCall) -> None:
    folder.mkdir()
    numbers = itertools.count()
    shim.disk = Disk(folder, {}, fail=fault)
    acked: dict[str, bytes] = {}
    errors: list[SpoolError] = []
    spool = None
    with suppress(SpoolError):
        spool = Spool(folder / "spool.sqlite", ROOM)
        work(spool, numbers, acked, errors)
    fault.over = True
    if spool is None:
        # It did not start; it does when the disk is well again.
        spool = Spool(folder / "spool.sqlite", ROOM)
    with closing(spool):
        before, errors = dict(acked), []
        work(spool, numbers, acked, errors)
        assert errors == []
        assert len(acked) == len(before) + 3
        check(spool, acked)
        disk, shim.disk = shim.disk, None
        for seed in range(3):
            cut_and_check(disk, seed, folder.with_name(f"{folder.name}-cut"), acked)


def cut_and_check(disk: Disk, seed: int, folder: Path, acked: dict[str, bytes]) -> None:
    folder.mkdir()
    for path, data in disk.after_power_cut(len(disk.events), random.Random(seed)).items():
        (folder / path.name).write_bytes(data)
    with closing(Spool(folder / "spool.sqlite", ROOM)) as found:
        assert found.opening.quarantined is None
        check(found, acked)
    shutil.rmtree(folder)


def check(spool: Spool, acked: dict[str, bytes]) -> None:
    assert {uid: spool.body(uid) for uid in acked} == acked
    assert list(find_damage(spool)) == []


def in_turn(shim: Shim, folder: Path, code: str, *, lasting: bool, step: int) -> None:
    fired: Counter[str | None] = Counter()
    for n in itertools.count(1, step):
        fault = NthCall(n, CODES[code], lasting=lasting)
        one_round(shim, folder / str(n), fault)
        fired[fault.fired] += 1
        if fault.fired is None:
            break
    assert fired["write"] > 30 / step
    assert fired["sync"] > 10 / step


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("code", "lasting"), [("EIO", False), ("ENOSPC", True)])
def test_calls_fail_in_turn(shim: Shim, tmp_path: Path, code: str, lasting: bool) -> None:
    in_turn(shim, tmp_path, code, lasting=lasting, step=7)


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", CODES)
def test_every_call_fails_in_turn(shim: Shim, tmp_path: Path, code: str, lasting: bool) -> None:
    in_turn(shim, tmp_path, code, lasting=lasting, step=1)


def test_a_full_disk_is_told_as_such(shim: Shim, tmp_path: Path) -> None:
    shim.disk = Disk(tmp_path, {})
    spool = Spool(tmp_path / "spool.sqlite", ROOM)
    shim.disk.fail = lambda kind, _path: FULL if kind == "write" else None
    with pytest.raises(SpoolFull):
        spool.submit(made(1, 6000, 0)).result(20)
    shim.disk.fail = lambda _kind, _path: None
    assert spool.submit(made(2, 6000, 0)).result(20)
    spool.close()


def test_the_model_notices_commits_that_are_not_synced(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = database_module.connect

    def careless(path: Path):
        connection = honest(path)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    monkeypatch.setattr(database_module, "connect", careless)
    SpoolMachine.shim = shim
    machine = SpoolMachine()
    with pytest.raises(AssertionError, match="acknowledged and gone"):
        for seed in range(50):
            machine.submit([4000], 0)
            machine.power_cut(1.0, seed, None)
    machine.teardown()


SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from oonib.spool import Spool, SpoolError
from crash.test_spool_model import ROOM, made
spool = Spool(Path({path!r}), ROOM)
for number in range(12):
    try:
        print(spool.submit(made(number, 6000, 0)).result(20).uid, flush=True)
    except SpoolError as exc:
        print(type(exc).__name__, file=sys.stderr)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    "inject",
    [
        "fdatasync,fsync:error=EIO:when=4",
        "pwrite64:error=ENOSPC:when=30+",
        "pwrite64:error=EINTR:when=5..20",
    ],
    ids=["failed sync", "disk full", "interrupted"],
)
def test_calls_of_the_system_that_fail(tmp_path: Path, inject: str) -> None:
    path = tmp_path / "spool" / "spool.sqlite"
    Spool(path, ROOM).close()
    script = SCRIPT.format(tests=str(Path(__file__).parent.parent), path=str(path))
    calls = inject.partition(":")[0]
    traced = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(tmp_path / "trace"),
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={inject}",
    ]
    done = subprocess.run(
        [*traced, sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("processes cannot be traced here")
    assert done.returncode == 0, done.stderr
    assert "INJECTED" in (tmp_path / "trace").read_text()
    uids = done.stdout.split()
    spool = Spool(path, ROOM)
    assert spool.opening.quarantined is None
    assert all(spool.body(uid) is not None for uid in uids)
    assert spool.submit(made(9, 6000, 0)).result(20)
    spool.close()
