"""`oonib reprocess` over an archive that the backend itself has packed: the rows are those made live."""

import gzip
import shutil
import urllib.request
from pathlib import Path

import httpx
import pytest

from support.journal import warehouse_of
from support.processes import clean_environment
from support.reprocessing import Live, lines
from support.s3 import S3Server

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(240)]


def versions(archived: Live) -> int:
    """Rows of all versions: it grows by as many as were inserted while nothing merges."""
    return int(warehouse_of(archived.backend).select("SELECT count() AS n FROM fastpath")[0]["n"])


def test_rows_equal_those_of_live_scoring(archived: Live) -> None:
    assert len(archived.rows["fastpath"]) > 150
    assert archived.rows["obs_openvpn"]
    archived.spoil()
    assert archived.now() != archived.rows
    done = archived.reprocess()
    assert done.returncode == 0, done.stderr
    assert archived.now() == archived.rows
    again = archived.reprocess()
    assert again.returncode == 0
    assert "0 files read" in again.stderr
    anew = archived.reprocess("--restart", "--workers", "1")
    assert anew.returncode == 0, anew.stderr
    assert f"{len(archived.rows['fastpath'])} measurements" in anew.stderr
    assert archived.now() == archived.rows
    with httpx.Client(base_url=archived.backend.url, timeout=30) as client:
        found = client.get("/api/v1/measurements", params={"limit": 1000}).json()["results"]
    assert sorted(row["measurement_uid"] for row in found) == [
        row["measurement_uid"] for row in archived.rows["fastpath"]
    ]


def test_dry_run_tells_what_would_change_and_inserts_nothing(archived: Live) -> None:
    archived.restore()
    count = versions(archived)
    calm = archived.reprocess("--dry-run")
    assert calm.returncode == 0, calm.stderr
    (found,) = lines(calm)
    assert (found["unchanged"], found["changed_verdict"], found["missing"]) == (
        len(archived.rows["fastpath"]),
        0,
        0,
    )
    assert versions(archived) == count
    archived.spoil()
    chosen = [row for row in archived.rows["fastpath"] if row["test_name"] == "web_connectivity"]
    cc = chosen[0]["probe_cc"]
    (found,) = lines(archived.reprocess("--dry-run", "--test-name", "web_connectivity,ndt", "--probe-cc", cc))
    expected = sum(row["probe_cc"] == cc for row in chosen)
    assert {"test_name": "web_connectivity", "probe_cc": cc, "changed": expected} in found["by_group"]
    assert found["examples"][0]["before"][0] == "x"


def test_stdout_needs_no_backend_and_is_the_same_for_any_number_of_workers(archived: Live) -> None:
    words = ("--from", archived.objects, "--stdout", "--fingerprints", "starter")
    one = archived.reprocess(*words, "--workers", "1", env=clean_environment())
    three = archived.reprocess(*words, "--workers", "3", env=clean_environment())
    assert one.returncode == three.returncode == 0, one.stderr
    assert one.stdout == three.stdout
    printed = sorted(lines(one), key=lambda row: row["measurement_uid"])
    stored = {row["measurement_uid"]: row for row in archived.rows["fastpath"]}
    assert [row["measurement_uid"] for row in printed] == list(stored)
    for row in printed:
        assert row["scores"] == stored[row["measurement_uid"]]["scores"]
        assert row["fingerprints_snapshot"] == stored[row["measurement_uid"]]["fingerprints_snapshot"]


def copy_of(archived: Live, folder: Path) -> Path:
    return Path(shutil.copytree(archived.objects / "raw", folder / "raw"))


def test_damage_is_named_and_the_rest_is_done(archived: Live, tmp_path: Path) -> None:
    raw = copy_of(archived, tmp_path)
    cans = sorted(raw.rglob("*.tar.gz"), key=lambda path: path.stat().st_size)
    cut, spoilt = cans[-1], cans[0]
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    spoilt.write_bytes(b"this is no can" * 20)
    archived.restore()
    done = archived.reprocess("--from", tmp_path, "--restart")
    assert done.returncode == 1
    assert cut.name in done.stderr
    assert spoilt.name in done.stderr
    assert "Traceback" not in done.stderr
    assert f"{len(cans)} files read" in done.stderr
    assert archived.now() == archived.rows


def test_hours_with_lines_alone_get_their_uids_from_the_index(archived: Live, tmp_path: Path) -> None:
    for path in copy_of(archived, tmp_path).rglob("*.tar.gz"):
        path.unlink()
    strange = next(tmp_path.rglob("*.jsonl.gz"))
    unknown = len(gzip.decompress(strange.read_bytes()).splitlines())
    strange.rename(strange.with_name(strange.name.replace(".n1.", ".n9.")))
    done = archived.reprocess("--from", tmp_path, "--stdout")
    assert done.returncode == 1
    assert f"{unknown} problems, named above: no_uid" in done.stderr
    stored = {row["measurement_uid"]: row["scores"] for row in archived.rows["fastpath"]}
    found = {row["measurement_uid"]: row["scores"] for row in lines(done)}
    assert found.items() <= stored.items()
    assert len(found) == len(stored) - unknown


@pytest.mark.parametrize("anonymous", [False, True])
def test_from_s3(archived: Live, s3: S3Server, anonymous: bool) -> None:
    way = {"s3_anonymous": "true"} if anonymous else {"s3_access_key": "test", "s3_secret_key": "test"}
    env = clean_environment(
        data_dir=archived.backend.data_dir,
        port=archived.backend.port,
        s3_endpoint_url=s3.url,
        s3_region="us-east-1",
        **way,
    )
    archived.spoil()
    done = archived.reprocess("--from", "s3://archive/ooni", "--restart", env=env)
    assert done.returncode == 0, done.stderr
    assert archived.now() == archived.rows


def put_for_everybody(server: S3Server, key: str, content: bytes) -> None:
    """An object that anybody may read, as those of OONI's own bucket."""
    request = urllib.request.Request(f"{server.url}/{key}", data=content, method="PUT")
    request.add_header("x-amz-acl", "public-read")
    request.add_header("Content-Type", "application/octet-stream")
    urllib.request.urlopen(request, timeout=10).close()


@pytest.fixture(scope="module")
def s3(archived: Live):
    with S3Server() as server:
        server.make_bucket("archive")
        for path in archived.objects.glob("raw/**/*.tar.gz"):
            key = f"archive/ooni/{path.relative_to(archived.objects)}"
            put_for_everybody(server, key, path.read_bytes())
        yield server
