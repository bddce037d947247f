"""Verdicts on measurements, copied to a real ClickHouse."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.feedback.mirroring import mirror
from oonib.feedback.store import FeedbackStore
from oonib.jobs.catalogue import catalogue
from oonib.jobs.scheduler import JobFailed
from oonib.metrics import Metrics
from oonib.records import Records
from oonib.runtime import open_spool
from oonib.settings import Settings
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer, tables_on
from support.records import emptied, migrated

OLD = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = st.tuples(
    st.integers(0, 3), st.integers(0, 2), st.sampled_from(["ok", "blocked.dns", "down"]), st.booleans()
)


@pytest.fixture(scope="module")
def url(shared_server: EmbeddedServer) -> Iterator[str]:
    with tables_on(shared_server) as url:
        yield url


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    with migrated(f"sqlite:///{tmp_path_factory.mktemp('records') / 'records.db'}") as records:
        yield records


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    warehouse = Warehouse.connect(url)
    warehouse.command("TRUNCATE TABLE msmt_feedback")
    yield warehouse
    warehouse.close()


@pytest.fixture
def store(kept: Records) -> FeedbackStore:
    emptied(kept)
    return FeedbackStore(kept)


def copied(warehouse: Warehouse) -> set[tuple[str, ...]]:
    wanted = "SELECT measurement_uid, account_id, status FROM msmt_feedback FINAL"
    return set(warehouse.select_rows(wanted).rows)


def kept_of(store: FeedbackStore) -> set[tuple[str, ...]]:
    return {row[:3] for row in store.given_since(OLD - timedelta(days=1), ("", ""), 1000)}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(KINDS, max_size=12))
def test_the_copy_says_the_same(
    warehouse: Warehouse, store: FeedbackStore, kept: Records, said: list[tuple[int, int, str, bool]]
) -> None:
    emptied(kept)
    warehouse.command("TRUNCATE TABLE msmt_feedback")
    for measurement, account, status, copy_now in said:
        store.put(f"measurement-{measurement}", f"account-{account}", status, datetime.now(UTC))
        if copy_now:
            mirror(store, warehouse, at_once=2)
    mirror(store, warehouse, at_once=2)
    assert copied(warehouse) == kept_of(store)
    assert len(copied(warehouse)) == len({one[:2] for one in said})


def test_old_ones_that_come_later_are_copied_too(warehouse: Warehouse, store: FeedbackStore) -> None:
    store.put("measurement-1", "account", "ok", datetime.now(UTC))
    assert mirror(store, warehouse) == 1
    store.put("measurement-2", "account", "down", OLD)
    assert mirror(store, warehouse) >= 1
    assert copied(warehouse) == kept_of(store)
    assert len(copied(warehouse)) == 2


def test_what_is_long_copied_is_not_copied_again(warehouse: Warehouse, store: FeedbackStore) -> None:
    for number in range(5):
        store.put(f"measurement-{number}", "account", "ok", OLD)
    assert (mirror(store, warehouse, at_once=2), mirror(store, warehouse)) == (5, 0)


def test_the_job(url: str, warehouse: Warehouse, tmp_path: Path) -> None:
    options = Settings(data_dir=tmp_path, clickhouse_url=url, database_url="")
    with migrated(f"sqlite:///{tmp_path / 'records.db'}") as records, closing(open_spool(options)) as spool:
        FeedbackStore(records).put("measurement-1", "account", "ok", OLD)
        (job,) = (
            one for one in catalogue(options, spool, warehouse, Metrics()) if one.name == "mirror-feedback"
        )
        assert job.run() == "1 verdicts copied"
        assert copied(warehouse) == {("measurement-1", "account", "ok")}
        warehouse.command("RENAME TABLE msmt_feedback TO away")
        try:
            with pytest.raises(JobFailed):
                job.run()
        finally:
            warehouse.command("RENAME TABLE away TO msmt_feedback")
