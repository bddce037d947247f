"""Where the corpus of real measurements lies, which is no part of the repository.

It is looked for in `OONIB_SHARED_DATA`, else in a folder `shared/data` beside the repository. Tests that
read it carry the marker `shared_data` and skip, visibly, where it is absent.
"""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data() -> Path | None:
    """The folder of the corpus, or None."""
    named = os.environ.get("OONIB_SHARED_DATA")
    candidates = (
        [Path(named)] if named else [_REPOSITORY.parent / "shared" / "data", _REPOSITORY.parent / "shared"]
    )
    return next((path for path in candidates if (path / "measurements").is_dir()), None)


def require_shared_data() -> Path:
    """The folder of the corpus; skips the calling test where it is absent."""
    path = shared_data()
    if path is None:
        pytest.skip("the measurement corpus is absent: set OONIB_SHARED_DATA")
    return path
