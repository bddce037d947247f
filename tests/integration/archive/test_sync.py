"""Copies of an archive: chosen, checked, resumed, never half (from folders and from S3)."""

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.archive.manifests.manifest import (
    Body,
    CanEntry,
    Manifest,
    ObjectEntry,
    Scoring,
    Tombstone,
    checkpoint_for,
)
from oonib.archive.sync import DestinationFailed, Summary, Sync, Wanted, checksums_in, list_chain, list_wanted
from oonib.archive.sync.fetching import WORK
from oonib.objects import ObjectNotFound, ObjectStore, ObjectStoreUnavailable
from oonib.objects.folder import Folder

from support.processes import clean_environment, run_oonib
from support.s3 import S3Server

PIECE = 1000
PUBLIC = {
    "x-amz-acl": "public-read",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260302/us-east-1/s3/aws4_request,"
    " SignedHeaders=host, Signature=0",
}
"""The server of the tests believes every signature."""

DAY = "20260302"
KEYS = [
    f"raw/{DAY}/{hour}/{cc}/{test}/{DAY}{hour}_{cc}_{test}.n1.0.{kind}"
    for hour in ("10", "11")
    for cc in ("IT", "BR")
    for test in ("signal", "webconnectivity")
    for kind in ("jsonl.gz", "tar.gz")
]
OLD = [
    "jsonl/signal/IT/20191231/00/20191231_IT_signal.l.0.jsonl.gz",
    "jsonl/signal/IT/20190101/00/20190101_IT_signal.l.0.jsonl.gz",
    "jsonl/webconnectivity/BR/20191231/00/20191231_BR_webconnectivity.x.0123456789abcdef.jsonl.gz",
    "canned/2019-12-31/signal.0.tar.lz4",
    "canned/2019-12-31/index.json.gz",
]


def content(key: str) -> bytes:
    """Of three and a half pieces, and different for each key."""
    return hashlib.shake_128(key.encode()).digest(PIECE * 7 // 2)


def fill(store: ObjectStore) -> None:
    for key in [*KEYS, *OLD, "manifests/n1/1.json", "export/other", f"raw/{DAY}/10/IT/signal/odd name"]:
        store.put(key, content(key))


def wanted(**more: Any) -> Wanted:
    since, until = more.pop("since", "2026-03-02"), more.pop("until", "2026-03-03")
    return Wanted(
        datetime.fromisoformat(since).replace(tzinfo=UTC),
        datetime.fromisoformat(until).replace(tzinfo=UTC),
        **{"posts": True} | more,
    )


def run(store: ObjectStore, folder: Path, chosen: Wanted | None = None, **more: Any) -> Summary:
    options: dict[str, Any] = {"jobs": 3, "stopping": threading.Event(), "pause": 0.001}
    steps = [*list_chain(store, chosen or wanted()), *list_wanted(store, chosen or wanted())]
    return Sync(store, folder, **options | more).run(steps)


def copied(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and WORK not in path.parts
    )


def check(folder: Path, keys: list[str]) -> None:
    assert copied(folder) == sorted(keys)
    for key in keys:
        assert (folder / key).read_bytes() == content(key)
    assert [path.name for path in (folder / WORK).iterdir() if path.name != "lock"] == []


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oonib.archive.sync.fetching._PIECE", PIECE)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    store = ObjectStore.open(str(tmp_path / "archive"), data_dir=None)
    fill(store)
    return store


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        server.make_bucket("ooni-data-eu-fra")
        fill(server.open("ooni-data-eu-fra"))
        for key in KEYS:
            # What everybody may read.
            url = f"{server.url}/ooni-data-eu-fra/{key}"
            httpx.put(url, content=content(key), headers=PUBLIC).raise_for_status()
        yield server


def test_chosen_by_kind_country_nettest_and_hour(store: ObjectStore, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, KEYS),
        ({"posts": False}, [key for key in KEYS if key.endswith("jsonl.gz")]),
        ({"ccs": frozenset({"IT"})}, [key for key in KEYS if "/IT/" in key]),
        (
            {"ccs": frozenset({"IT"}), "tests": frozenset({"signal"}), "lines": False},
            [key for key in KEYS if "IT/signal" in key and key.endswith("tar.gz")],
        ),
        ({"since": "2026-03-02T11"}, [key for key in KEYS if f"{DAY}/11" in key]),
        ({"chain": True}, [*KEYS, "manifests/n1/1.json"]),
        ({"since": "2019-12-31", "until": "2020-01-01", "posts": False}, [OLD[0], OLD[2]]),
        ({"since": "2019-12-31", "until": "2020-01-01", "lines": False}, [OLD[3]]),
        ({"since": "2019-01-01", "until": "2020-01-01", "posts": False}, OLD[:3]),
        ({"since": "2019-12-31", "until": "2020-01-01", "tests": frozenset({"signal"})}, [OLD[0], OLD[3]]),
        ({"since": "2030-01-01", "until": "2030-01-02"}, []),
    ]
    for number, (choice, keys) in enumerate(cases):
        folder = tmp_path / str(number)
        summary = run(store, folder, wanted(**choice))
        assert (summary.files, summary.fetched, summary.problems) == (len(keys), len(keys), {}), choice
        check(folder, keys)


def test_again_fetches_nothing_and_mends_what_is_wrong(store: ObjectStore, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    run(store, folder)
    again = run(store, folder)
    assert (again.there, again.fetched, again.bytes_fetched) == (len(KEYS), 0, 0)
    (folder / KEYS[0]).unlink()
    with (folder / KEYS[1]).open("ab") as file:
        file.write(b"more")
    (folder / KEYS[2]).write_bytes(bytes(len(content(KEYS[2]))))  # as long, but not the same
    mended = run(store, folder)
    assert (mended.there, mended.fetched) == (len(KEYS) - 3, 3)
    check(folder, KEYS)


def test_from_s3_checked_by_its_etag(s3: S3Server, tmp_path: Path) -> None:
    store = s3.open("ooni-data-eu-fra")
    assert run(store, tmp_path).fetched == len(KEYS)
    check(tmp_path, KEYS)
    # Damage that neither size nor time shows.
    path = tmp_path / KEYS[0]
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, (before.st_mtime, before.st_mtime))
    assert run(store, tmp_path).fetched == 0
    assert run(store, tmp_path, check=True).fetched == 1
    check(tmp_path, KEYS)
    # A copy made by another tool, with times of its own.
    os.utime(path, (1, 1))
    assert run(store, tmp_path).fetched == 0
    assert run(store, tmp_path).there == len(KEYS)


class Shaky(Folder):
    """A folder whose reads fail as told."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads = 0
        self.fail_at: set[int] = set()
        self.gone: set[str] = set()
        self.wrong: dict[str, int] = {}

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        self.reads += 1
        if key in self.gone:
            raise ObjectNotFound(key)
        if self.reads in self.fail_at:
            raise ObjectStoreUnavailable("away")
        piece = super().get_range(key, offset, length)
        if self.wrong.get(key, 0) > 0:
            self.wrong[key] -= 1
            return bytes(len(piece))
        return piece


def sha256_of(key: str) -> str:
    return hashlib.sha256(content(key)).hexdigest()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fail_at=st.sets(st.integers(1, 120), max_size=60), cut=st.integers(0, 60))
def test_whatever_fails_it_ends_complete(
    store: ObjectStore, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, fail_at: set[int], cut: int
) -> None:
    """Reads fail and a run is stopped at any moment: nothing half has a name, nothing is fetched twice."""
    folder = tmp_path_factory.mktemp("copy")
    shaky = Shaky(tmp_path / "archive")
    shaky.fail_at = fail_at
    stopping = threading.Event()

    def stop(_summary: Summary) -> None:
        if shaky.reads >= cut:
            stopping.set()

    first = run(ObjectStore(shaky), folder, stopping=stopping, report=stop)
    for key in copied(folder):
        assert (folder / key).read_bytes() == content(key)
    shaky.fail_at = set()
    second = run(ObjectStore(shaky), folder)
    check(folder, KEYS)
    assert first.bytes_fetched + second.bytes_fetched == sum(len(content(key)) for key in KEYS)


def test_away_for_good_names_what_is_missing(store: ObjectStore, tmp_path: Path) -> None:
    shaky = Shaky(tmp_path / "archive")
    shaky.fail_at = set(range(30, 10_000))
    folder = tmp_path / "copy"
    summary = run(ObjectStore(shaky), folder)
    assert summary.problems
    assert summary.complete
    assert len(summary.problems) + summary.fetched == len(KEYS)
    shaky.fail_at, shaky.gone = set(), {KEYS[-1]}
    summary = run(ObjectStore(shaky), folder)
    assert summary.problems == {KEYS[-1]: "it is gone since it was listed"}
    check_partly = sorted(KEYS[:-1])
    assert copied(folder) == check_partly


def test_a_checksum_that_does_not_fit(store: ObjectStore, tmp_path: Path) -> None:
    shaky = Shaky(tmp_path / "archive")
    folder = tmp_path / "copy"
    # One is damaged on the way once, the other each time.
    shaky.wrong = {KEYS[0]: 1, KEYS[1]: 1000}
    summary = run(ObjectStore(shaky), folder, sha256_of=sha256_of)
    assert list(summary.problems) == [KEYS[1]]
    assert "sha256" in summary.problems[KEYS[1]]
    assert copied(folder) == sorted(set(KEYS) - {KEYS[1]})
    shaky.wrong = {}
    assert run(ObjectStore(shaky), folder, sha256_of=sha256_of).fetched == 1
    check(folder, KEYS)


def test_an_etag_that_looks_like_an_md5_and_is_none(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oonib.archive.sync.run.expected_of", _of_an_encrypted_bucket)
    summary = run(s3.open("ooni-data-eu-fra"), tmp_path)
    assert summary.problems == {}
    assert summary.bytes_fetched == 2 * sum(len(content(key)) for key in KEYS)
    check(tmp_path, KEYS)


def _of_an_encrypted_bucket(info: Any, _sha256: str | None) -> Any:
    from oonib.archive.sync.checking import Expected

    return Expected(info.size, "0" * 32)


def test_a_half_of_an_older_version_is_not_continued(store: ObjectStore, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    stopping = threading.Event()
    shaky = Shaky(tmp_path / "archive")

    def stop(_summary: Summary) -> None:
        if shaky.reads:
            stopping.set()

    only = wanted(ccs=frozenset({"IT"}), tests=frozenset({"signal"}), until="2026-03-02T11", lines=False)
    shaky.fail_at = set(range(3, 100))
    run(ObjectStore(shaky), folder, only, stopping=stopping, report=stop)
    assert [path.stat().st_size for path in (folder / WORK).glob("*.part")] == [2 * PIECE]
    key = next(key for key in KEYS if only.takes(key))
    newer = bytes(reversed(content(key)))
    store.put(key, newer)
    shaky.fail_at = set()
    assert run(ObjectStore(shaky), folder, only).problems == {}
    assert (folder / key).read_bytes() == newer
    assert list((folder / WORK).glob("*.part")) == []


def test_a_full_disk_ends_it_at_once(store: ObjectStore, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of its own cannot be mounted here (needs root)")
    try:
        with pytest.raises(DestinationFailed, match="the disk is full"):
            run(store, folder)
        for key in copied(folder):
            assert (folder / key).read_bytes() == content(key)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def manifest(sequence: int, *, cans: dict[str, str], removed: dict[str, str]) -> Manifest:
    """A manifest that has these checksums, of objects with these keys."""

    def entries(objects: dict[str, str]) -> tuple[ObjectEntry, ...]:
        return tuple(ObjectEntry(key, sha256, 1) for key, sha256 in objects.items())

    stem = f"{DAY}10_IT_signal.n1.0"
    body = Body(
        cans=(CanEntry(stem, 1, 1, "00" * 32, entries(cans)),) if cans else (),
        counts={"IT": {"signal": 1}} if cans else {},
        removed=tuple(
            Tombstone("u", stem, 0, "00" * 32, "2026-03-02T10:00:00Z", "me", "law", entries({key: sha256}))
            for key, sha256 in removed.items()
        ),
    )
    checkpoint = checkpoint_for(
        body,
        collector="1",
        sequence=sequence,
        hour=f"{DAY}10",
        previous="",
        scoring=Scoring("1", ""),
        public_key="00" * 32,
    )
    return Manifest(body, checkpoint, "00" * 64)


def test_checksums_come_from_the_manifests(tmp_path: Path) -> None:
    """Folders have no checksums of their own: damage that the size does not show is found all the same."""
    archive, folder = tmp_path / "archive", tmp_path / "copy"
    store = ObjectStore.open(str(archive), data_dir=None)
    keys = [key for key in KEYS if f"{DAY}/10/IT/signal" in key]
    for key in keys:
        store.put(key, content(key))
    first = manifest(0, cans=dict.fromkeys(keys, "11" * 32), removed={})
    second = manifest(1, cans={}, removed={key: sha256_of(key) for key in keys})
    for each in (first, second):
        store.put(each.key, each.encode())
    store.put("manifests/n1/head.json", b"{}")
    words = ["archive", "sync", str(folder), "--from", str(archive), "--since", "2026-03-02", "--what", "all"]
    store.put(keys[0], bytes(len(content(keys[0]))))
    damaged = run_oonib(*words, "--until", "2026-03-03")
    assert damaged.returncode == 1
    assert f"{keys[0]}: not the sha256 {sha256_of(keys[0])}" in damaged.stderr
    store.put(keys[0], content(keys[0]))
    done = run_oonib(*words, "--until", "2026-03-03")
    assert done.returncode == 0, done.stderr
    assert "5 files" in done.stderr
    assert "4 were there, 1 fetched" in done.stderr
    assert checksums_in(folder, lambda _key: True) == {key: sha256_of(key) for key in keys}
    assert checksums_in(folder, lambda key: key == keys[1]) == {keys[1]: sha256_of(keys[1])}
    for key in keys:
        assert (folder / key).read_bytes() == content(key)


# --- the command


def command(s3: S3Server | None, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    source = () if s3 is None else ("--from", f"{s3.url}/ooni-data-eu-fra")
    period = ("--since", "2026-03-02", "--until", "2026-03-03")
    return run_oonib("archive", "sync", *map(str, words), *source, *period, **more)


def test_the_command_reads_a_public_bucket(s3: S3Server, tmp_path: Path) -> None:
    looked = command(s3, tmp_path / "copy", "--cc", "it", "--test", "web_connectivity", "--dry-run")
    lines = [key for key in KEYS if "IT/web" in key and key.endswith("jsonl.gz")]
    assert [line.split()[1] for line in looked.stdout.splitlines()] == lines, looked.stderr
    assert not (tmp_path / "copy").exists()
    done = command(s3, tmp_path / "copy", "--cc", "it", "--test", "web_connectivity")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "2 files" in done.stderr
    assert "2 fetched" in done.stderr
    check(tmp_path / "copy", lines)


def test_two_copies_into_one_folder(s3: S3Server, tmp_path: Path) -> None:
    import fcntl

    (tmp_path / WORK).mkdir()
    with (tmp_path / WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = command(s3, tmp_path)
    assert refused.returncode == 1
    assert "another copy runs" in refused.stderr


def test_asked_to_stop_and_started_again(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    key = f"raw/{DAY}/10/IT/signal/{DAY}10_IT_signal.n1.%d.jsonl.gz"
    for number in range(40):
        path = archive / (key % number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(2_000_000))
    words = [
        "archive",
        "sync",
        str(tmp_path / "copy"),
        "--from",
        str(archive),
        "--since",
        "2026-03-02",
        "--jobs",
        "1",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "oonib", *words], env=clean_environment(), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not copied(tmp_path / "copy") and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert 0 < len(copied(tmp_path / "copy")) <= 40
    done = run_oonib(*words)
    assert done.returncode == 0, done.stderr
    assert int(re.findall(r"(\d+) were there", done.stderr)[0]) >= 1
    for path in archive.rglob("*.gz"):
        assert (tmp_path / "copy" / path.relative_to(archive)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--from", "https://api.example.org"), 2, "https://service/bucket"),
        (("--from", "/nowhere/at/all"), 2, "there is no folder"),
        (("--from", "/", "--since", "yesterday"), 2, "2026-03-02"),
        (("--from", "/", "--since", "2026-03-02", "--until", "2026-03-01"), 2, "empty"),
        (("--from", "/", "--cc", "ITA"), 2, "country code"),
        (("--data-dir", "/nowhere/at/all"), 2, "--from ooni"),
    ],
)
def test_wrong_use_says_what_to_do(words: tuple[str, ...], status: int, said: str, tmp_path: Path) -> None:
    done = run_oonib("archive", "sync", str(tmp_path / "copy"), *words)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr
    assert not (tmp_path / "copy").exists()
