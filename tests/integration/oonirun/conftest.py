"""The endpoints over SQLite and over PostgreSQL, each emptied for each test."""

from collections.abc import Iterator

import pytest

from support.people import Desk
from support.records import ENGINES, fresh_url, migrated


@pytest.fixture(scope="session", params=ENGINES)
def kept_desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with migrated(fresh_url(request.param, request, tmp_path_factory.mktemp("records"))) as records:
        yield Desk(records)


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    kept_desk.clear()
    return kept_desk
