"""The whole backend as processes, and a client that keeps a journal of what it was promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import Oonib


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Oonib]:
    up = Oonib("up", data_dir=tmp_path / "data", fingerprints_source="starter")
    yield up
    up.kill()
