"""Settings of a later version, given to this one (reliability D10): refused by name, and nothing is begun."""

from pathlib import Path

import pytest

from support.processes import clean_environment, run_oonib

COMMANDS = [("up",), ("fastpath",), ("db", "migrate")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_variable(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "data"
    done = run_oonib(*words, env=clean_environment(data_dir=folder, worker_threads="7"))
    assert done.returncode == 2
    assert done.stderr == (
        "oonib: unknown setting OONIB_WORKER_THREADS; the nearest known one is OONIB_WORKERS\n"
    )
    assert not folder.exists()


def test_a_line_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "oonib.toml"
    config.write_text('spool_mode = "ring"\n')
    done = run_oonib("up", env=clean_environment(data_dir=tmp_path / "data", config=config))
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"oonib: {config}: unknown setting spool_mode; the nearest known one is spool_"
    )
    assert not (tmp_path / "data").exists()
