"""A real API process with short deadlines, and a look into its spool."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oonib.spool import Spool

from support.bystander import LIMIT, STALL
from support.processes import Oonib


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oonib]:
    folder = tmp_path_factory.mktemp("hostile")
    settings = {"stall_seconds": STALL, "max_body_bytes": LIMIT, "max_decoded_bytes": 2 * LIMIT}
    with Oonib("api", data_dir=folder, **settings) as api:
        yield api


@pytest.fixture
def entries(api: Oonib) -> Iterator[Callable[[], int]]:
    """How many measurements are stored."""
    spool = Spool(Path(api.data_dir) / "spool" / "spool.sqlite")
    yield lambda: spool.status().entries
    spool.close()
