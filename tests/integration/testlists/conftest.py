"""Test-list editing over real git, a real fork and a server of pull requests, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.records import Records

from support.gitworld import Editor


@pytest.fixture
def editor(records: Records, tmp_path: Path) -> Iterator[Editor]:
    made = Editor(records, tmp_path)
    yield made
    made.close()
