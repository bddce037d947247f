"""The pages over SQLite, emptied for each test; on both engines what lies behind them is tested elsewhere."""

from collections.abc import Iterator

import pytest

from oonib.records import Records

from support.memberpages import World
from support.records import emptied, migrated


@pytest.fixture(scope="session")
def kept_records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    with migrated(f"sqlite:///{tmp_path_factory.mktemp('records') / 'records.db'}") as records:
        yield records


@pytest.fixture
def world(kept_records: Records) -> World:
    emptied(kept_records)
    return World(kept_records)
