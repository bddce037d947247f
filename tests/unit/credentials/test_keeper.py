"""The manifest in force while its source changes, breaks, hangs and recovers."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oonib.collector.credentials.places import FileSource, ObjectSource
from oonib.collector.credentials.source import Fetched, Keeper

from support.credentials import keys, manifest, rule
from support.processes import wait_until
from support.s3 import S3Server


@pytest.fixture(scope="module")
def pair() -> Any:
    return keys()


Keep = Callable[..., Keeper]


@pytest.fixture
def keep() -> Iterator[Keep]:
    made: list[Keeper] = []

    def make(*arguments: Any, **options: Any) -> Keeper:
        made.append(Keeper(*arguments, **options))
        return made[-1]

    yield make
    for keeper in made:
        keeper.close()


def version(keeper: Keeper) -> str | None:
    in_force = keeper.current()
    return None if in_force is None else in_force.manifest.version


def token(keeper: Keeper) -> str | None:
    return None if keeper.problem is None else keeper.problem[0]


def test_the_last_good_manifest_stays_in_force(tmp_path: Path, pair: Any, keep: Keep) -> None:
    path = tmp_path / "manifest.json"
    notes: list[str] = []
    keeper = keep(FileSource(path), pair.secret, notes.append)
    keeper.load()
    assert (version(keeper), token(keeper)) == (None, "anonc_manifest_unreachable")
    path.write_bytes(manifest(pair.public))
    keeper.load()
    first = version(keeper)
    assert (first is not None, token(keeper)) == (True, None)
    for raw, wrong in (
        (b"{", "bad_anonc_manifest"),
        (b" " * (1024 * 1024 + 1), "bad_anonc_manifest"),
        (manifest(pair.public, rule("BR")), "bad_anonc_manifest"),
        (manifest(keys().public), "bad_anonc_secret_key"),
        (manifest("AAAA"), "bad_anonc_secret_key"),
    ):
        path.write_bytes(raw)
        keeper.load()
        assert (version(keeper), token(keeper)) == (first, wrong)
    path.unlink()
    path.mkdir()
    keeper.load()
    assert (version(keeper), token(keeper)) == (first, "anonc_manifest_unreachable")
    path.rmdir()
    path.write_bytes(manifest(pair.public, rule("BR", least=1), rule()))
    keeper.load()
    assert version(keeper) != first
    assert token(keeper) is None
    assert notes[:2] == ["anonc_manifest_unreachable", "ok"]
    assert notes[-1] == "ok"


def test_without_the_library(tmp_path: Path, pair: Any, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest(pair.public))
    monkeypatch.setitem(sys.modules, "ooniauth_py", None)
    keeper = keep(FileSource(path), pair.secret, lambda _: None)
    keeper.load()
    assert (version(keeper), token(keeper)) == (None, "anonc_library_absent")


class Slow:
    """A source that answers when it is let."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.let = threading.Event()
        self.fetches = 0

    def fetch(self, limit: int) -> Fetched:
        del limit
        self.fetches += 1
        assert self.let.wait(10)
        return Fetched(self.raw, datetime(2026, 3, 1, tzinfo=UTC))


def test_nobody_waits_for_a_slow_source_and_one_asks_it(pair: Any, keep: Keep) -> None:
    source = Slow(manifest(pair.public))
    keeper = keep(source, pair.secret, lambda _: None, seconds=0.0)
    started = time.monotonic()
    assert [keeper.current() for _ in range(1000)] == [None] * 1000
    assert time.monotonic() - started < 5
    assert source.fetches == 1
    source.let.set()
    wait_until(keeper.current, 10, "the manifest")


def test_an_object_that_comes_and_goes(pair: Any, keep: Keep) -> None:
    with S3Server() as s3:
        s3.make_bucket("conf")
        store = s3.open("conf", "credentials")
        keeper = keep(ObjectSource(store, "manifest.json"), pair.secret, lambda _: None)
        keeper.load()
        assert token(keeper) == "anonc_manifest_unreachable"
        store.put("manifest.json", manifest(pair.public))
        keeper.load()
        first = version(keeper)
        assert (first is not None, token(keeper)) == (True, None)
        store.put("manifest.json", b"x" * (1024 * 1024 + 1))
        keeper.load()
        assert (version(keeper), token(keeper)) == (first, "bad_anonc_manifest")
        store.delete("manifest.json")
        keeper.load()
        assert (version(keeper), token(keeper)) == (first, "anonc_manifest_unreachable")
