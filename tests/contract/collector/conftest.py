"""A real API process that needs no ClickHouse: submissions must work without it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oonib.spool import Spool

from support.processes import Oonib


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oonib]:
    folder = tmp_path_factory.mktemp("collector")
    with Oonib(
        "api", data_dir=folder, stall_seconds=1.5, max_body_bytes=2_000_000, max_decoded_bytes=4_000_000
    ) as api:
        yield api


@pytest.fixture
def client(api: Oonib) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, timeout=30) as client:
        yield client


@pytest.fixture
def spool(api: Oonib) -> Iterator[Spool]:
    opened = Spool(Path(api.data_dir) / "spool" / "spool.sqlite")
    yield opened
    opened.close()
