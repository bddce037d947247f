"""A spool file that was damaged in any place (reliability D6): it opens, and what is sound is processed.

Bytes are flipped, zeroed, cut off or added anywhere in the database or its log. Whatever is left, no uid is
served or archived with other bytes than were sent, and neither scorer nor archiver stops at it.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from oonib.fastpath.worker import score_entry
from oonib.scoring import FingerprintSet, Matcher
from oonib.spool import CorruptBody, Limits, Spool, SpoolCorrupt, Tally
from oonib.spool.checking import find_damage, structure

from support.archiving import START, submit
from support.manifests import Sealed
from support.processes import clean_environment, run_oonib
from support.submissions import measurement

Posts = dict[str, bytes]
Damage = Callable[[random.Random, bytearray], None]
COUNT = 150
MATCHER = Matcher.build(FingerprintSet.of([], []))


def flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flip_many(rng: random.Random, data: bytearray) -> None:
    for _ in range(20):
        flip(rng, data)


def cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)) :]


def zero_tail(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    data[start:] = bytes(len(data) - start)


def zero_page(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data)) // 4096 * 4096
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))


def swap_pages(rng: random.Random, data: bytearray) -> None:
    one, other = (rng.randrange(len(data) // 4096) * 4096 for _ in range(2))
    data[one : one + 4096], data[other : other + 4096] = data[other : other + 4096], data[one : one + 4096]


def grow(rng: random.Random, data: bytearray) -> None:
    data += rng.randbytes(rng.randrange(1, 9000))


DAMAGE = (flip, flip_many, cut, zero_tail, zero_page, swap_pages, grow)


class Sound(NamedTuple):
    """What was accepted; the spool with all of it in the file; and with half of it in the log."""

    posts: Posts
    file: Path
    log: Path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A spool that somebody else has filled."""
    folder = tmp_path_factory.mktemp("sound")
    world = Sealed(folder / "world")
    posts: dict[str, bytes] = {}

    def accept(start: int, end: int) -> None:
        for n in range(start, end):
            stored = json.dumps({"format": "json", "content": measurement(n=n), "is_verified": "u"}).encode()
            cc = ("BR", "IT", "DE")[n % 3]
            posts[submit(world.spool, stored, received=START + timedelta(minutes=n), cc=cc)] = stored

    accept(0, COUNT // 2)
    with world.spool.database.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    accept(COUNT // 2, COUNT)
    # As it lies there after a kill.
    shutil.copytree(folder / "world", folder / "log")
    world.close()
    return Sound(posts, folder / "world", folder / "log")


class Damaged(Sealed):
    """What is made of a damaged spool."""

    def score(self) -> Counter[str]:
        """As the daemon does; outcomes by kind."""
        kinds: Counter[str] = Counter()
        while entries := self.spool.after(self.spool.mark(), limit=1000, max_bytes=1 << 30):
            outcomes = [score_entry(entry, MATCHER) for entry in entries]
            kinds.update(outcome.kind for outcome in outcomes)
            tallies = [Tally("2026030210", outcome.kind, outcome.reason, 1) for outcome in outcomes]
            self.spool.settle(entries[-1].seq, tallies)
        return kinds

    def archived(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in sorted(self.root.glob("raw/**/*.tar.gz")):
            with tarfile.open(path) as tar:
                for member in tar:
                    file = tar.extractfile(member)
                    assert file is not None
                    uid = member.name.rpartition("/")[2].removesuffix(".post")
                    assert uid not in found
                    found[uid] = file.read()
        return found


def check(folder: Path, posts: Posts, *, exact: bool = True) -> int:
    """Open, read, score, pack; how many came through whole. Else than `exact`, a body may be another's."""
    world = Damaged(folder)
    try:
        spool = world.spool
        if spool.opening.quarantined is not None:
            assert spool.opening.quarantined.exists()
            assert spool.opening.salvaged == spool.status().entries
        assert list(structure(spool.database)) == []
        whole = 0
        for uid, stored in posts.items():
            try:
                body = spool.body(uid)
            except CorruptBody:
                continue
            assert body in (None, stored) or not exact
            whole += body == stored
        damaged = len(list(find_damage(spool)))
        assert whole + damaged <= spool.status().entries or not exact
        fresh = submit(spool, b'{"format":"json","content":{"fresh":1},"is_verified":"u"}', cc="FR")
        world.score()
        world.pack(START + timedelta(days=3))
        found = world.archived()
        assert fresh in found
        same = sum(found.get(uid) == stored for uid, stored in posts.items())
        assert same >= whole, (same, whole)
        return whole
    finally:
        world.close()


def rounds(damage: Damage, source: Path, posts: Posts, seeds: range, *, file: str, folder: Path) -> list[int]:
    """How many came through whole in each round."""
    found = []
    for seed in seeds:
        here = folder / str(seed)
        shutil.copytree(source, here)
        path = here / "spool" / file
        data = bytearray(path.read_bytes())
        damage(random.Random(seed), data)
        path.write_bytes(data)
        # Of many flips at once some may hit the number by which a body belongs to its entry.
        found.append(check(here, posts, exact=damage is not flip_many))
        shutil.rmtree(here)
    return found


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_the_file(damage: Damage, sound: Sound, tmp_path: Path) -> None:
    rounds(damage, sound.file, sound.posts, range(3), file="spool.sqlite", folder=tmp_path)


@pytest.mark.parametrize("damage", [flip, cut, zero_tail], ids=lambda damage: damage.__name__)
def test_the_log(damage: Damage, sound: Sound, tmp_path: Path) -> None:
    whole = rounds(damage, sound.log, sound.posts, range(2), file="spool.sqlite-wal", folder=tmp_path)
    # What has left the log is not touched by what happens to it.
    assert min(whole) >= COUNT // 2


def copied(source: Path, folder: Path) -> Path:
    """The file of a copy of a world."""
    shutil.copytree(source, folder)
    return folder / "spool" / "spool.sqlite"


FIRST_PAGES = {
    "zeros": bytes(4096),
    "random": random.Random(1).randbytes(4096),
    "no header": bytes(100),
    "no tables": None,
}


@pytest.mark.parametrize("kind", FIRST_PAGES)
def test_a_damaged_first_page_takes_nothing(kind: str, sound: Sound, tmp_path: Path) -> None:
    """All that it holds is where the tables begin."""
    path = copied(sound.file, tmp_path / "world")
    data = bytearray(path.read_bytes())
    page = FIRST_PAGES[kind] or bytes(data[:100]) + b"\xff" * 3996
    data[: len(page)] = page
    path.write_bytes(data)
    done = run_oonib("spool", "check", env=clean_environment(data_dir=tmp_path / "world"))
    assert done.returncode == 1
    (aside,) = path.parent.glob("spool.damaged-*.sqlite")
    for word in (
        f"{COUNT} measurements were carried over",
        f"sqlite3 '{aside}' .recover",
        "0 problems found",
    ):
        assert word in done.stderr
    (kept,) = path.parent.glob("spool.damaged-*-page1")
    assert kept.read_bytes() == data[:4096]
    assert check(tmp_path / "world", sound.posts) == COUNT


@pytest.mark.parametrize("at", [20, 40, 5_000, 60_000])
def test_commits_behind_damage_in_the_log_are_told_of(at: int, sound: Sound, tmp_path: Path) -> None:
    path = copied(sound.log, tmp_path / "world")
    log = path.with_name("spool.sqlite-wal")
    data = bytearray(log.read_bytes())
    assert len(data) > 200_000
    data[at] ^= 0x10
    log.write_bytes(data)
    spool = Spool(path, Limits(disk_reserve=0))
    opening, left = spool.opening, spool.status().entries
    spool.close()
    assert opening.kept_log is not None
    assert opening.kept_log.read_bytes() == data
    assert left >= COUNT // 2
    # Each of them was a commit of its own.
    assert opening.unread >= COUNT - left > 0
    (notice,) = opening.notices
    assert f"{opening.unread} commits" in notice
    assert str(opening.kept_log) in notice
    assert "oonib spool import" in notice


@pytest.mark.parametrize("cut_off", [0, 1, 3_000, 100_000])
def test_a_log_that_merely_ends_early_is_no_damage(cut_off: int, sound: Sound, tmp_path: Path) -> None:
    path = copied(sound.log, tmp_path / "world")
    log = path.with_name("spool.sqlite-wal")
    os.truncate(log, log.stat().st_size - cut_off)
    spool = Spool(path, Limits(disk_reserve=0))
    assert spool.opening.notices == []
    spool.close()


def test_what_a_log_holds_of_an_earlier_round_is_no_damage(tmp_path: Path) -> None:
    world = Sealed(tmp_path / "world")
    world.add(20)
    with world.spool.database.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
    world.add(1, report_id="s")
    path = copied(tmp_path / "world", tmp_path / "copy")
    world.close()
    spool = Spool(path, Limits(disk_reserve=0))
    assert spool.opening.notices == []
    spool.close()


def test_damage_that_comes_while_it_runs_is_named(sound: Sound, tmp_path: Path) -> None:
    path = copied(sound.file, tmp_path / "world")
    spool = Spool(path, Limits(disk_reserve=0))
    assert spool.status().entries == COUNT
    with path.open("r+b") as file:
        file.write(bytes(4096))
    told = f"{path} is damaged .*start again.*oonib spool check"
    with pytest.raises(SpoolCorrupt, match=told):
        Spool(path, Limits(disk_reserve=0))
    # Who has it open knows where the tables are.
    assert spool.status().entries == COUNT
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(SpoolCorrupt, match=told):
        spool.after(0, limit=1000, max_bytes=1 << 30)
    spool.close()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_many_places(damage: Damage, sound: Sound, tmp_path: Path) -> None:
    seeds = range(100, 200)
    rounds(damage, sound.file, sound.posts, seeds, file="spool.sqlite", folder=tmp_path / "file")
    rounds(damage, sound.log, sound.posts, seeds, file="spool.sqlite-wal", folder=tmp_path / "log")


def test_a_name_that_is_none_stops_no_other_can(tmp_path: Path) -> None:
    """Damage that comes while the file is in use is not looked for: it must be lived with until a restart."""
    world = Damaged(tmp_path)
    posts = {}
    for n, cc in enumerate(("BR", "DE", "IT")):
        stored = json.dumps({"format": "json", "content": measurement(n=n), "is_verified": "u"}).encode()
        posts[submit(world.spool, stored, cc=cc)] = stored
    with world.spool.database.write() as connection:
        connection.execute("UPDATE entry SET uid = replace(uid, '_DE_', '_D}_') WHERE cc = 'DE'")
    world.score()
    summary = world.pack(START + timedelta(days=3))
    assert [problem.can for problem in summary.problems] == ["2026030210_DE_webconnectivity.n1.0"]
    assert "not a measurement uid" in summary.problems[0].message
    sound = {uid: stored for uid, stored in posts.items() if "_DE_" not in uid}
    assert world.archived() == sound
    world.close()


def test_strange_files_are_left_alone(tmp_path: Path) -> None:
    world = Sealed(tmp_path)
    world.add(3)
    world.close()
    strange = {
        tmp_path / "spool" / "notes.txt": b"mine",
        tmp_path / "spool" / "spool.sqlite.bak": b"a copy of somebody",
        tmp_path / "spool" / "spool.damaged-1.sqlite": b"of an earlier time",
        tmp_path / "work" / "core": b"dump",
        tmp_path / "objects" / "raw" / "README": b"mine too",
    }
    for path, content in strange.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    # A log without a database, of another file.
    (tmp_path / "spool" / "other.sqlite-wal").write_bytes(b"x" * 5000)
    world = Damaged(tmp_path)
    assert world.spool.opening.quarantined is None
    assert world.pack(START + timedelta(days=3)).measurements == 6
    assert {path: path.read_bytes() for path in strange} == strange
    world.close()


OPEN_AS_SOMEBODY_ELSE = """
import os, sys
from pathlib import Path
from oonib.spool import Limits, Spool, SpoolError
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    Spool(Path(sys.argv[1]), Limits(disk_reserve=0))
except (SpoolError, OSError) as exc:
    print(f"{type(exc).__name__}: {exc}")
"""


@pytest.mark.parametrize("file", ["spool.sqlite", "spool.lock", ""], ids=["database", "lock", "folder"])
def test_a_file_of_somebody_else_is_refused_by_name(tmp_path: Path, file: str) -> None:
    world = Sealed(tmp_path / "data")
    world.add(3)
    world.close()
    folder = tmp_path / "data" / "spool"
    for path in (*tmp_path.parents[:3], tmp_path, tmp_path / "data"):
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055)
    modes = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path in modes:
        path.chmod(0o777 if path.is_dir() else 0o666)
    (folder / file).chmod(0)
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AS_SOMEBODY_ELSE, str(folder / "spool.sqlite")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    for path, mode in modes.items():
        path.chmod(mode)
    assert done.returncode == 0, done.stderr
    assert f"{folder}" in done.stdout
    again = Spool(folder / "spool.sqlite", Limits(disk_reserve=0))
    assert again.opening.quarantined is None
    assert again.status().entries == 6
    again.close()


def test_what_cannot_be_a_spool_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    for words in (("fastpath",), ("spool", "status")):
        done = run_oonib(*words, env=clean_environment(data_dir=tmp_path))
        assert done.returncode == 1
        assert done.stderr.startswith("oonib: ")
        assert str(tmp_path / "spool") in done.stderr
        assert "Traceback" not in done.stderr
