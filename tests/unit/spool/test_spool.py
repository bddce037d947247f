"""The durable queue: what is acknowledged is there, once, whoever writes and reads at the same time."""

import os
import resource
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oonib.model.uid import make_uid
from oonib.spool import (
    CanState,
    CorruptBody,
    DeadLetter,
    Group,
    Limits,
    Spool,
    SpoolError,
    SpoolFull,
    Submission,
    Tally,
)
from oonib.spool import database as database_module
from oonib.spool.checking import find_damage
from oonib.spool.entries import digest_of, pack
from oonib.spool.porting import export_folder, import_folder
from oonib.spool.salvaging import salvage


def submission(n: int, *, hour: int = 10, test: str = "telegram", digest: bytes | None = None) -> Submission:
    stored = b'{"content":{"report_id":"r","n":%d}}' % n
    uid = make_uid(datetime(2026, 3, 2, hour, 0, 0, n, UTC), "IT", test, stored)
    return Submission(str(uid), f"r{n}", (digest or digest_of("r", stored)).ljust(20), stored)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "spool.sqlite"


@pytest.fixture
def spool(path: Path):
    opened = Spool(path, Limits(disk_reserve=0))
    yield opened
    opened.close()


def store(spool: Spool, *submissions: Submission) -> None:
    for future in [spool.submit(item) for item in submissions]:
        future.result(10)


def test_stored_bytes_come_back_and_survive_reopening(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    item = submission(1)
    receipt = spool.submit(item).result(10)
    assert (receipt.uid, receipt.duplicate) == (item.uid, False)
    spool.close()
    again = Spool(path, Limits(disk_reserve=0))
    assert again.body(item.uid) == b'{"content":{"report_id":"r","n":1}}'
    assert again.body(submission(2).uid) is None
    again.close()


def test_commits_are_synced_to_the_disk(spool: Spool) -> None:
    with spool.database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_same_again_gets_the_first_uid_and_no_second_entry(spool: Spool) -> None:
    first, second = submission(1, digest=b"d"), submission(2, digest=b"d")
    store(spool, first)
    receipt = spool.submit(second).result(10)
    assert (receipt.uid, receipt.report_id, receipt.duplicate) == (first.uid, "r1", True)
    assert spool.status().entries == 1
    assert spool.ledger() == [Tally("2026030210", "accepted", "", 1), Tally("2026030210", "duplicate", "", 1)]


def test_a_hundred_at_once_give_one_entry(path: Path) -> None:
    spools = [Spool(path, Limits(disk_reserve=0)) for _ in range(2)]
    with ThreadPoolExecutor(16) as threads:
        futures = list(threads.map(lambda n: spools[n % 2].submit(submission(n, digest=b"same")), range(100)))
    receipts = [future.result(20) for future in futures]
    assert len({receipt.uid for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    for spool in spools:
        spool.close()


def test_sequence_follows_commits_of_all_writers(path: Path) -> None:
    writers = [Spool(path, Limits(disk_reserve=0)) for _ in range(3)]
    reader = Spool(path, Limits(disk_reserve=0))
    futures = [writers[n % 3].submit(submission(n)) for n in range(300)]
    seen: list[int] = []
    while len(seen) < 300:
        batch = reader.after(seen[-1] if seen else 0, limit=50, max_bytes=10**6)
        seen += [entry.seq for entry in batch]
    assert seen == list(range(1, 301))
    for future in futures:
        future.result(10)
    for spool in (*writers, reader):
        spool.close()


def test_batches_are_bounded_by_count_and_bytes(spool: Spool) -> None:
    store(spool, *(submission(n) for n in range(10)))
    assert len(spool.after(0, limit=4, max_bytes=10**6)) == 4
    assert len(spool.after(0, limit=100, max_bytes=1)) == 1


def test_the_mark_never_goes_back_and_counts_go_with_it(spool: Spool) -> None:
    store(spool, *(submission(n) for n in range(3)))
    spool.settle(2, [Tally("2026030210", "scored", "", 1)], [DeadLetter(2, "u", "why", "d")])
    spool.settle(1, [])
    assert spool.mark() == 2
    assert spool.status().unscored == 1
    assert spool.dead_letters() == [DeadLetter(2, "u", "why", "d")]
    assert Tally("2026030210", "scored", "", 1) in spool.ledger()


def test_full_by_cap_and_room_again(path: Path) -> None:
    spool = Spool(path, Limits(max_bytes=1, disk_reserve=0))
    with pytest.raises(SpoolFull):
        spool.submit(submission(1)).result(10)
    assert spool.status().problem
    spool.close()
    roomy = Spool(path, Limits(disk_reserve=0))
    store(roomy, submission(1))
    assert roomy.status().problem is None
    roomy.close()


def test_full_by_reserve(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=2**60))
    with pytest.raises(SpoolFull, match="reserve"):
        spool.submit(submission(1)).result(10)
    spool.close()


def test_nothing_is_accepted_after_closing(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, submission(1))
    spool.close()
    with pytest.raises(SpoolError):
        spool.submit(submission(2))


def test_a_flipped_byte_is_found(spool: Spool) -> None:
    store(spool, submission(1), submission(2))
    with spool.database.write() as connection:
        packed = bytearray(connection.execute("SELECT packed FROM body WHERE seq = 1").fetchone()[0])
        packed[-6] ^= 1
        connection.execute("UPDATE body SET packed = ? WHERE seq = 1", (bytes(packed),))
    broken, sound = spool.after(0, limit=9, max_bytes=10**6)
    with pytest.raises(CorruptBody):
        broken.stored()
    assert sound.stored()
    problems = list(find_damage(spool))
    assert len(problems) == 1
    assert submission(1).uid in problems[0]


@pytest.mark.parametrize("damage", ["not a database", "truncated", "zeros in the middle"])
def test_a_damaged_file_is_put_aside_and_the_readable_part_saved(path: Path, damage: str) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, *(submission(n) for n in range(400)))
    with spool.database.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spool.close()
    content = path.read_bytes()
    match damage:
        case "not a database":
            path.write_bytes(os.urandom(8192))
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case _:
            half = len(content) // 2 // 4096 * 4096
            path.write_bytes(content[:half] + bytes(8192) + content[half + 8192 :])
    opened = Spool(path, Limits(disk_reserve=0))
    assert opened.opening.quarantined is not None
    assert opened.opening.quarantined.exists()
    assert opened.opening.salvaged == opened.status().entries
    if damage == "zeros in the middle":
        assert opened.opening.salvaged > 100
    receipt = opened.submit(submission(1000)).result(10)
    assert opened.body(receipt.uid) is not None
    assert list(find_damage(opened)) == []
    opened.close()


def damage_an_index(path: Path) -> None:
    """Make the file unsound without touching what the spool holds."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'digest_day'"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 200)


def test_numbers_do_not_start_again_after_damage(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, *(submission(n) for n in range(5)))
    spool.settle(5, [])
    with spool.database.write() as connection:
        connection.execute("DELETE FROM body")
        connection.execute("DELETE FROM entry")
    spool.close()
    damage_an_index(path)
    again = Spool(path, Limits(disk_reserve=0))
    assert again.opening.quarantined is not None
    assert again.mark() == 5
    store(again, submission(9))
    # Below the mark it would count as scored and never be looked at.
    assert [entry.uid for entry in again.after(again.mark(), limit=9, max_bytes=10**6)] == [submission(9).uid]
    again.close()


def test_members_of_a_lost_can_wait_for_another(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, submission(1), submission(2))
    with spool.database.write() as connection:
        connection.execute("UPDATE entry SET can = 77 WHERE seq = 1")
    spool.close()
    damage_an_index(path)
    again = Spool(path, Limits(disk_reserve=0))
    assert again.cans.waiting("2026030211") == [Group("2026030210", "IT", "telegram", 2)]
    again.close()


@pytest.mark.parametrize("moved", [False, True], ids=["while copying", "between the renames"])
def test_a_crash_during_the_repair_loses_nothing(path: Path, moved: bool) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, *(submission(n) for n in range(10)))
    spool.close()
    damage_an_index(path)
    rebuilt = path.with_name("spool.rebuilt.sqlite")
    if moved:
        salvage(path, rebuilt)
        path.rename(path.with_name("spool.damaged-1.sqlite"))
    else:
        rebuilt.write_bytes(path.read_bytes()[:5000])
    again = Spool(path, Limits(disk_reserve=0))
    assert again.status().entries == 10
    assert not rebuilt.exists()
    again.close()


def test_a_disk_that_cannot_be_written_is_no_damage(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, *(submission(n) for n in range(3)))
    spool.close()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(SpoolError):
            Spool(path, Limits(disk_reserve=0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    again = Spool(path, Limits(disk_reserve=0))
    assert again.opening.quarantined is None
    assert again.status().entries == 3
    again.close()


def test_a_sender_that_gives_up_does_not_stop_the_others(spool: Spool) -> None:
    with spool.database.write():
        given_up = spool.submit(submission(1))
        assert given_up.cancel()
    assert spool.submit(submission(2)).result(10).uid == submission(2).uid


def test_threads_that_come_and_go_leave_no_open_files(spool: Spool) -> None:
    store(spool, submission(1))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(30):
        thread = threading.Thread(target=spool.status)
        thread.start()
        thread.join()
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 10


def test_batches_are_bounded_by_what_comes_out(spool: Spool) -> None:
    for n in (1, 2):
        stored = b'{"content":{"n":%d,"x":"%s"}}' % (n, b"x" * 1_000_000)
        uid = make_uid(datetime(2026, 3, 2, 10, 0, 0, n, UTC), "IT", "telegram", stored)
        packed = pack(stored)
        assert len(packed) < 2000
        store(spool, Submission(str(uid), "r", digest_of("r", stored), stored))
    assert len(spool.after(0, limit=9, max_bytes=500_000)) == 1


def test_an_export_can_be_taken_in_again(spool: Spool, tmp_path: Path) -> None:
    # As from `submit_measurement`, whose digest leaves the report id out.
    store(spool, submission(1, digest=b"without the report id"), submission(2))
    export_folder(spool, tmp_path / "out")
    result = import_folder(spool, tmp_path / "out", tmp_path / "quarantine")
    assert (result.stored, result.known) == (0, 2)


def test_cans_are_planned_once_and_released_when_scored(spool: Spool) -> None:
    store(spool, *(submission(n) for n in range(5)), submission(9, hour=11))
    group = Group("2026030210", "IT", "telegram", 5)
    assert spool.cans.waiting("2026030211") == [group]
    seqs = [seq for seq, _, _ in spool.cans.candidates(group)]
    can = spool.cans.plan(group, "1", spool.cans.next_number(group, "1"), seqs)
    assert can.name == "2026030210_IT_telegram.n1.0"
    assert spool.cans.waiting("2026030211") == []
    assert spool.cans.next_number(group, "1") == 1
    with pytest.raises(SpoolError):
        spool.cans.plan(group, "1", 0, [])
    assert [entry.seq for entry in spool.cans.members(can)] == seqs
    spool.cans.advance(can, CanState.UPLOADED)
    spool.cans.advance(can, CanState.INDEXED)
    assert Tally("2026030210", "archived", "", 5) in spool.ledger()
    spool.settle(3, [])
    assert not spool.cans.release(can)
    assert spool.status().entries == 3
    spool.settle(6, [])
    assert spool.cans.release(can)
    assert spool.cans.unfinished() == []
    assert spool.status().entries == 1


def test_old_digests_are_forgotten(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0, digest_days=7))
    store(spool, submission(1, digest=b"old"), submission(2, digest=b"new"))
    with spool.database.write() as connection:
        connection.execute("UPDATE digest SET day = day - 8 WHERE digest = ?", (b"old".ljust(20),))
    assert spool.prune() == 1
    assert spool.submit(submission(3, digest=b"new")).result(10).duplicate
    assert not spool.submit(submission(4, digest=b"old")).result(10).duplicate
    spool.close()


def test_old_cans_and_dead_letters_are_forgotten(spool: Spool) -> None:
    store(spool, submission(1))
    group = Group("2026030210", "IT", "telegram", 1)
    old = spool.cans.plan(Group("2020030210", "IT", "telegram", 0), "1", 0, [])
    spool.cans.advance(old, CanState.RELEASED)
    unfinished = spool.cans.plan(Group("2020030211", "IT", "telegram", 0), "1", 0, [])
    spool.settle(1, [], [DeadLetter(1, "new", "why"), DeadLetter(2, "old", "why")])
    with spool.database.write() as connection:
        connection.execute("UPDATE dead_letter SET at = 0 WHERE uid = 'old'")
    spool.prune()
    assert [letter.uid for letter in spool.dead_letters()] == ["new"]
    assert spool.cans.unfinished() == [unfinished]
    assert spool.cans.next_number(Group("2020030210", "IT", "telegram", 0), "1") == 0
    assert spool.cans.waiting("9") == [group]


def test_export_and_import_round_trip_with_damage_put_aside(spool: Spool, tmp_path: Path) -> None:
    store(spool, *(submission(n) for n in range(3)))
    out = tmp_path / "out"
    assert export_folder(spool, out) == 3
    files = sorted(out.rglob("*.post"))
    assert files[0].parent.name == "2026030210_IT_telegram"
    files[0].write_bytes(b'{"content": {"trunc')
    (files[0].parent / "not-a-uid.post").write_bytes(b"{}")
    (files[0].parent / "link.post").symlink_to("/etc/passwd")
    (files[0].parent / f"{files[1].name}.tmp").write_bytes(b"half")
    other = Spool(tmp_path / "other" / "spool.sqlite", Limits(disk_reserve=0))
    result = import_folder(other, out, tmp_path / "quarantine", move=True)
    assert (result.stored, result.known, len(result.quarantined)) == (2, 0, 2)
    assert sorted(path.name for path in (tmp_path / "quarantine").iterdir()) == sorted(result.quarantined)
    assert other.body(files[1].name.removesuffix(".post")) == spool.body(files[1].name.removesuffix(".post"))
    assert not files[1].exists()
    other.close()


def test_an_sqlite_failure_is_an_error_of_the_spool_and_stores_nothing(spool: Spool) -> None:
    store(spool, submission(1))
    with pytest.raises(SpoolError), spool.database.write() as connection:
        connection.execute("INSERT INTO watermark VALUES ('x', 1)")
        connection.execute("INSERT INTO nowhere VALUES (1)")
    assert spool.mark("x") == 0


def test_a_full_disk_inside_sqlite_is_full(path: Path) -> None:
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, submission(1))
    with pytest.raises(SpoolFull), spool.database.write() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("INSERT INTO body VALUES (999, randomblob(1000000))")
    assert spool.status().entries == 1
    spool.close()


def test_two_processes_worth_of_connections_see_each_other(path: Path) -> None:
    one, two = (Spool(path, Limits(disk_reserve=0)) for _ in range(2))
    store(one, submission(1))
    assert two.body(submission(1).uid) is not None
    assert one.id == two.id
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    raw.close()
    one.close()
    two.close()


def test_the_journal_does_not_grow_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_LARGEST_JOURNAL", 100_000)
    monkeypatch.setattr(database_module, "_SHRINK_EVERY", 0.0)
    spool = Spool(path, Limits(disk_reserve=0))
    store(spool, submission(1))
    journal = path.with_name("spool.sqlite-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        for n in range(2, 20):
            store(spool, submission(n))
        # A reader that stays keeps it, and nobody waits long for that.
        assert journal.stat().st_size > 100_000
    store(spool, submission(20))
    until = time.monotonic() + 10
    while journal.stat().st_size > 100_000:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert spool.status().entries == 20
    spool.close()
