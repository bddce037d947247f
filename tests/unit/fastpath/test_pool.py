"""Scoring processes that die: whose fault it is, and whose it is not."""

import multiprocessing
import os
import time
from collections.abc import Sequence

import pytest

from oonib.fastpath import pool as pool_module
from oonib.fastpath.pool import ScorersBroken, ScoringPool
from oonib.fastpath.worker import Outcome
from oonib.scoring import FingerprintSet, Semantics
from oonib.spool import Entry


def cannot_start(_fingerprints: FingerprintSet, _semantics: Semantics) -> None:
    raise MemoryError


def dies_of_two(entries: Sequence[Entry]) -> list[Outcome]:
    if any(entry.seq == 2 for entry in entries):
        os._exit(1)
    return [Outcome(entry.seq, entry.uid, "scored") for entry in entries]


def entries(count: int) -> list[Entry]:
    return [Entry(seq, f"uid{seq}", b"") for seq in range(1, count + 1)]


@pytest.fixture
def nothing() -> FingerprintSet:
    return FingerprintSet.of([], [])


def test_processes_that_do_not_start_blame_no_measurement(
    monkeypatch: pytest.MonkeyPatch, nothing: FingerprintSet
) -> None:
    monkeypatch.setattr(pool_module, "start", cannot_start)
    pool = ScoringPool(nothing, "production", 1)
    try:
        with pytest.raises(ScorersBroken):
            pool.score(entries(3))
    finally:
        pool.close()


def test_the_one_that_kills_its_scorer_is_a_dead_letter(
    monkeypatch: pytest.MonkeyPatch, nothing: FingerprintSet
) -> None:
    monkeypatch.setattr(pool_module, "score_entries", dies_of_two)
    pool = ScoringPool(nothing, "production", 1)
    try:
        outcomes = pool.score(entries(3))
    finally:
        pool.close()
    assert [(outcome.seq, outcome.kind, outcome.reason) for outcome in outcomes] == [
        (1, "scored", ""),
        (2, "dead_letter", "scorer_crashed"),
        (3, "scored", ""),
    ]


def test_a_process_that_ends_while_idle_is_replaced(
    monkeypatch: pytest.MonkeyPatch, nothing: FingerprintSet
) -> None:
    monkeypatch.setattr(pool_module, "score_entries", dies_of_two)
    before = set(multiprocessing.active_children())
    pool = ScoringPool(nothing, "production", 1)
    try:
        pool.warm()
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
            child.join()
        time.sleep(0.2)
        assert [outcome.kind for outcome in pool.score(entries(1))] == ["scored"]
    finally:
        pool.close()


def test_a_pool_kills_only_its_own(monkeypatch: pytest.MonkeyPatch, nothing: FingerprintSet) -> None:
    monkeypatch.setattr(pool_module, "score_entries", dies_of_two)
    one, other = (ScoringPool(nothing, "production", 1) for _ in range(2))
    try:
        one.warm()
        other.warm()
        before = {child.pid for child in multiprocessing.active_children()}
        other.kill()
        assert [outcome.kind for outcome in one.score(entries(1))] == ["scored"]
        assert len({child.pid for child in multiprocessing.active_children()} & before) >= 1
    finally:
        one.close()


def test_a_pool_that_cannot_start_says_so_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, nothing: FingerprintSet
) -> None:
    monkeypatch.setattr(pool_module, "start", cannot_start)
    before = {child.pid for child in multiprocessing.active_children()}
    pool = ScoringPool(nothing, "production", 2)
    with pytest.raises(ScorersBroken):
        pool.warm()
    until = time.monotonic() + 10
    while {child.pid for child in multiprocessing.active_children()} - before:
        assert time.monotonic() < until
        time.sleep(0.05)
