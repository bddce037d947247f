"""`oonib reprocess` without a backend: what it refuses, and archives of every age as rows."""

import gzip
import io
import os
import pty
import subprocess
import sys
import tarfile
from pathlib import Path

import lz4.frame
import pytest

from support.processes import clean_environment, run_oonib
from support.reprocessing import lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "x", "--until", "2026-03-02"], "neither a day nor an hour"),
        (["--since", "2026-03-02", "--until", "2026-03-02"], "not after"),
        (["--since", "2026-03-02", "--until", "2026-03-03", "--dry-run", "--stdout"], "exclude each other"),
        (["--since", "2026-03-02"], "--until"),
    ],
)
def test_wrong_use(tmp_path: Path, words: list[str], said: str) -> None:
    done = run_oonib("reprocess", *words, env=clean_environment(data_dir=tmp_path))
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def body(test: str, cc: str = "IT") -> bytes:
    times = '"test_start_time":"2020-10-20 04:00:00","measurement_start_time":"2020-10-20 04:00:01"'
    where = f'"probe_cc":"{cc}","probe_asn":"AS64501","report_id":"20201020T040000Z_AS64501_x"'
    return f'{{{times},{where},"test_name":"{test}","test_keys":{{}}}}'.encode()


UID = "20201020050000.000001_IT_ndt_5d0c91e2a47b3f68"


def test_old_and_new_cans_of_the_day_when_both_were_made(tmp_path: Path) -> None:
    legacy = tmp_path / "canned/2020-10-20/20201020T040000Z-IT-AS64501-ndt-x-0.2.0-probe.json.lz4"
    legacy.parent.mkdir(parents=True)
    old = [body("ndt"), body("dash"), b"no JSON", body("ndt", "FR")]
    legacy.write_bytes(lz4.frame.compress(b"".join(line + b"\n" for line in old)))
    (legacy.parent / "index.json.gz").write_bytes(gzip.compress(b"{}"))
    current = tmp_path / "raw/20201020/05/IT/ndt/2020102005_IT_ndt.n0.0.tar.gz"
    current.parent.mkdir(parents=True)
    with tarfile.open(current, "w") as can:  # early ones are plain tar despite the name
        post = b'{"format":"json","content":' + body("ndt") + b',"is_verified":"t"}'
        info = tarfile.TarInfo(f"incoming/{UID}.post")
        info.size = len(post)
        can.addfile(info, io.BytesIO(post))
    period = ("--since", "2020-10-20", "--until", "2020-10-21")
    filters = ("--test-name", "ndt", "--probe-cc", "it,de")
    words = ("--from", str(tmp_path), "--stdout", "--fingerprints", "starter", "--workers", "1")
    done = run_oonib("reprocess", *period, *filters, *words, env=clean_environment())
    first, second = lines(done)
    assert first["measurement_uid"].startswith("0120201020")
    assert (first["test_name"], first["probe_cc"], first["is_verified"]) == ("ndt", "IT", "u")
    assert (second["measurement_uid"], second["is_verified"]) == (UID, "t")
    assert done.returncode == 1, "one line is no JSON"
    assert f"{legacy.name}:2" in done.stderr


def test_the_progress_on_a_terminal_leaves_the_result_alone() -> None:
    """Rows go to standard output even where standard error is a terminal with a progress bar."""
    main, terminal = pty.openpty()
    code = (
        "from oonib.cli.longwork import LongWork\n"
        "with LongWork('work') as work:\n"
        "    work.show(0.5, 1_000_000, '3 files')\n"
        "    print('a row')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=terminal, check=True, timeout=30
    )
    os.close(terminal)
    shown = os.read(main, 100_000).decode()
    os.close(main)
    assert done.stdout == b"a row\n"
    assert "50.0 %" in shown
    assert "3 files" in shown
