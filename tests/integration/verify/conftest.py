"""A backend that has scored, archived and indexed what was sent to it, for verification and removal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import Oonib, wait_until
from support.reprocessing import Live, live


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oonib]:
    settings = {"fingerprints_source": "starter", "workers": 1}
    with Oonib("up", data_dir=tmp_path_factory.mktemp("live"), **settings) as up:
        wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
        yield up


@pytest.fixture(scope="module")
def archived(backend: Oonib, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The backend with an archive and the rows that scoring made when they came in."""
    folder: Path = tmp_path_factory.mktemp("sent")
    return live(backend, folder, count=150)
