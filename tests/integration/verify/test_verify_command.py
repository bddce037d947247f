"""`oonib archive verify` over an archive that the backend itself has packed, with and without the backend."""

import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from support.journal import warehouse_of
from support.processes import clean_environment, run_oonib
from support.reprocessing import Live

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(240)]


def verify(archived: Live, *words: object) -> subprocess.CompletedProcess[str]:
    """The command, next to the backend."""
    return run_oonib("archive", "verify", *map(str, words), env=archived.backend.environment)


def test_rows_are_those_that_the_archive_gives(archived: Live) -> None:
    archived.restore()
    done = verify(archived)
    assert done.returncode == 0, done.stdout + done.stderr
    count = len(archived.rows["fastpath"])
    assert f"{count} rows are as published" in done.stderr
    assert done.stdout == ""


def test_one_row_that_says_something_else_is_named(archived: Live) -> None:
    row = archived.rows["fastpath"][17]
    columns = list(row)
    warehouse = warehouse_of(archived.backend)
    other = row | {"anomaly": "f" if row["anomaly"] == "t" else "t"}
    warehouse.insert("fastpath", columns, [[other[name] for name in columns]])
    warehouse.close()
    try:
        done = verify(archived)
        by_api = verify(archived, "--rows", archived.backend.url, "--fingerprints", _starter())
    finally:
        archived.restore()
    for found in (done, by_api):
        assert found.returncode == 1, found.stderr
        place, reason, detail = found.stdout.splitlines()[0].split("\t")
        assert reason == "row_differs"
        assert f"measurement {row['measurement_uid']}: anomaly" in detail
        assert row["measurement_uid"] in place
        assert len(found.stdout.splitlines()) == 1


def _starter() -> str:
    from oonib.reference.fingerprints import STARTER

    return str(STARTER)


def test_a_download_without_any_backend(archived: Live, tmp_path: Path) -> None:
    copy = tmp_path / "downloaded"
    shutil.copytree(archived.objects, copy)
    environment = clean_environment(data_dir=tmp_path / "nowhere")
    with httpx.Client(base_url=archived.backend.url, timeout=30) as client:
        key = client.get("/api/v1/archive/checkpoints").json()["public_key"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return run_oonib("archive", "verify", "--from", str(copy), *words, env=environment)

    done = run("--public-key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "published rows are not compared" in done.stderr
    assert run("--public-key", "00" * 32, "--no-score").returncode == 1
    path = next(iter(sorted(copy.rglob("*.tar.gz"))))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    spoilt = run("--no-score")
    assert spoilt.returncode == 1
    assert spoilt.stdout.startswith(str(path.relative_to(copy)))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
def test_wrong_use(tmp_path: Path) -> None:
    for words in (("--public-key", "key"), ("--since", "2026-03-02", "--until", "2026-03-01")):
        done = run_oonib("archive", "verify", "--from", str(tmp_path), *words, env=clean_environment())
        assert done.returncode == 2, done.stderr


def test_a_proof_over_the_api(archived: Live) -> None:
    with httpx.Client(base_url=archived.backend.url, timeout=30) as client:
        for row in archived.rows["fastpath"][::40]:
            answer = client.get(f"/api/v1/archive/proof/{row['measurement_uid']}")
            assert answer.status_code == 200, answer.text
            snapshot = answer.json()["checkpoint"]["scoring"]["fingerprints"]
            assert snapshot
            assert row["fingerprints_snapshot"] in ("", snapshot)
