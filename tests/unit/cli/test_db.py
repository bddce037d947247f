"""`oonib db query` in a terminal: what it says before it asks."""

from pathlib import Path

import pytest

from support.processes import clean_environment, run_oonib


@pytest.mark.parametrize("end", ["FORMAT TSV", "format JSONEachRow ;"])
def test_a_format_is_asked_for_by_an_option(tmp_path: Path, end: str) -> None:
    done = run_oonib("db", "query", f"SELECT 1 {end}", env=clean_environment(data_dir=tmp_path))
    told = "oonib: leave the FORMAT clause out; --format says how the rows are printed\n"
    assert (done.returncode, done.stderr) == (2, told)
