"""A new set of fingerprints takes over between two batches, or not at all."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from oonib.fastpath import pool as pool_module
from oonib.fastpath import worker
from oonib.fastpath.pool import ScoringPool
from oonib.fastpath.renewal import Renewal
from oonib.metrics import Metrics
from oonib.reference.fingerprint_files import COLUMNS
from oonib.scoring import FingerprintSet, Semantics
from oonib.spool import Entry
from oonib.spool.entries import pack
from oonib.warehouse.errors import WarehouseUnavailable

from support.mutation import bodies, written
from support.processes import wait_until

EVERY = 0.05


class Tables:
    """The fingerprint tables, as far as they are read here."""

    cluster = None

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.loads = 0
        self.away = False
        self.put("first")

    def put(self, name: str) -> None:
        """One DNS and one HTTP fingerprint; without a name, none."""
        for table, place in (("dns", "dns"), ("http", "body")):
            row = (f"{name}.{table}", "nat", "", place, "full", "192.0.2.66", 5, "IT", "", "", "")
            self.rows[f"fingerprints_{table}"] = [row] if name else []

    def select(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        if self.away:
            raise WarehouseUnavailable(None, "away")
        rows = self.rows[sql.split(" FROM ")[1]]
        if " AS v" in sql:
            return [{"v": str(hash(tuple(rows)))}]
        self.loads += 1
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    def insert(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> str:
        raise NotImplementedError


def slow_for_second(fingerprints: FingerprintSet, semantics: Semantics) -> None:
    if fingerprints.dns[0].name == "second.dns":
        time.sleep(1.5)
    worker.start(fingerprints, semantics)


def stuck_for_second(fingerprints: FingerprintSet, semantics: Semantics) -> None:
    if fingerprints.dns[0].name == "second.dns":
        time.sleep(60)
    worker.start(fingerprints, semantics)


def broken_for_second(fingerprints: FingerprintSet, semantics: Semantics) -> None:
    if fingerprints.dns[0].name == "second.dns":
        raise MemoryError
    worker.start(fingerprints, semantics)


Watch = Callable[[], tuple[Tables, Renewal, ScoringPool]]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def watch(metrics: Metrics) -> Iterator[Watch]:
    made: list[tuple[Renewal, ScoringPool]] = []

    def build(fingerprints: FingerprintSet) -> ScoringPool:
        return ScoringPool(fingerprints, "production", 1)

    def begin() -> tuple[Tables, Renewal, ScoringPool]:
        tables = Tables()
        renewal = Renewal(tables, build, metrics, every=EVERY)
        loaded = pool_module.FingerprintSet.of([], [])
        pool = build(_set_of(tables) or loaded)
        pool.warm()
        renewal.start(pool)
        made.append((renewal, pool))
        return tables, renewal, pool

    yield begin
    for renewal, pool in made:
        renewal.close()
        pool.close()


def _set_of(tables: Tables) -> FingerprintSet | None:
    from oonib.reference.fingerprints import load_fingerprints

    return load_fingerprints(tables)


def web_entry() -> Entry:
    body = next(body for body in bodies() if body["content"]["test_name"] == "web_connectivity")
    return Entry(1, "20240506070909.000000_IT_webconnectivity_5d0c91e2a47b3f68", pack(written(body)))


def snapshot(pool: ScoringPool) -> str:
    (outcome,) = pool.score([web_entry()])
    assert outcome.row is not None
    return str(outcome.row[-1])


def test_the_old_pool_scores_while_the_new_one_is_built(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "start", slow_for_second)
    tables, renewal, pool = watch()
    old = pool.snapshot_id
    tables.put("second")
    scored_meanwhile = 0
    until = time.monotonic() + 30
    while (successor := renewal.take()) is None:
        assert snapshot(pool) == old
        scored_meanwhile += 1
        assert time.monotonic() < until
        time.sleep(0.02)
    assert scored_meanwhile > 10
    assert renewal.take() is None
    assert successor.snapshot_id != old
    assert snapshot(successor) == successor.snapshot_id
    successor.close()


def test_a_set_that_cannot_be_built_leaves_the_old_one(
    watch: Watch, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "start", broken_for_second)
    tables, renewal, pool = watch()
    tables.put("second")
    failures = metrics.reloads.labels("failed")._value
    wait_until(lambda: failures.get() >= 2, 30, "a second attempt")
    assert renewal.take() is None
    assert snapshot(pool) == pool.snapshot_id
    # A good set after the bad one.
    tables.put("third")
    successor = wait_until(renewal.take, 30, "the pool of the third set")
    assert snapshot(successor) == successor.snapshot_id
    successor.close()


def test_looking_reads_the_fingerprints_only_when_they_changed(watch: Watch) -> None:
    tables, renewal, _pool = watch()
    wait_until(lambda: tables.loads >= 4, 10, "the first look")
    time.sleep(10 * EVERY)
    assert tables.loads == 4, "two for the pool, two for the first look"
    assert renewal.take() is None


def test_empty_tables_and_an_absent_clickhouse_change_nothing(watch: Watch) -> None:
    tables, renewal, pool = watch()
    tables.put("")
    time.sleep(4 * EVERY)
    tables.away = True
    time.sleep(4 * EVERY)
    assert renewal.take() is None
    assert snapshot(pool) == pool.snapshot_id
    tables.away = False
    tables.put("second")
    successor = wait_until(renewal.take, 30, "the pool of the second set")
    successor.close()


def test_an_end_during_the_change_is_quick(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "start", stuck_for_second)
    tables, renewal, _pool = watch()
    tables.put("second")
    time.sleep(6 * EVERY)
    started = time.monotonic()
    renewal.close()
    assert time.monotonic() - started < 1.0
    assert "fingerprints" not in {thread.name for thread in threading.enumerate()}
