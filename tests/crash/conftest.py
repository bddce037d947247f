"""The whole backend as processes, and a client that keeps a journal of what it was promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.journal import Journal
from support.processes import Oonib, wait_until


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Oonib]:
    up = Oonib("up", data_dir=tmp_path / "data", fingerprints_source="starter")
    yield up
    up.kill()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Journal, Path]]:
    """One backend for all points: it has to get over each of them by itself."""
    folder = tmp_path_factory.mktemp("faults")
    switch = folder / "fault"
    with Oonib("up", data_dir=folder / "data", fingerprints_source="starter", fault_file=switch) as up:
        wait_until(lambda: up.get("/health")[0] == 200, 40, "a green backend")
        yield Journal(up), switch
