"""`oonib archive remove` at a running backend: gone from archive, spool, index and every table."""

import httpx
import pytest

from support.journal import warehouse_of
from support.processes import run_oonib
from support.reprocessing import Live

pytestmark = [pytest.mark.slow, pytest.mark.clickhouse, pytest.mark.timeout(240)]


def counts(archived: Live, uid: str) -> dict[str, int]:
    """Rows of a measurement by table."""
    warehouse = warehouse_of(archived.backend)
    found = {}
    for table in ("fastpath", "jsonl", "arrivals", "obs_openvpn", "fastpath_axes", "fastpath_uids"):
        column = (
            "uid_hash = sipHash64({uid:String})"
            if table[-4:] in ("axes", "uids")
            else "measurement_uid = {uid:String}"
        )
        found[table] = warehouse.select(f"SELECT count() AS n FROM {table} WHERE {column}", {"uid": uid})[0][
            "n"
        ]
    warehouse.close()
    return {table: int(n) for table, n in found.items() if n}


def test_a_removed_measurement_is_gone_and_said_to_be(archived: Live) -> None:
    archived.restore()
    uid = archived.rows["obs_openvpn"][0]["measurement_uid"]
    assert set(counts(archived, uid)) == {
        "fastpath", "jsonl", "arrivals", "obs_openvpn", "fastpath_axes", "fastpath_uids"
    }  # fmt: skip
    environment = archived.backend.environment
    asked = run_oonib("archive", "remove", uid, "--reason", "court order 7", env=environment)
    assert asked.returncode == 1
    assert counts(archived, uid)
    done = run_oonib("archive", "remove", uid, "--reason", "court order 7", "--yes", env=environment)
    assert done.returncode == 0, done.stderr
    assert counts(archived, uid) == {}
    with httpx.Client(base_url=archived.backend.url, timeout=30) as client:
        for path in (f"raw_measurement?measurement_uid={uid}", f"measurement/{uid}"):
            answer = client.get(f"/api/v1/{path}")
            assert answer.status_code == 410, answer.text
            assert answer.json()["reason"] == "court order 7"
        assert client.get("/api/v1/measurement_meta", params={"measurement_uid": uid}).json() == {}
        proof = client.get(f"/api/v1/archive/proof/{uid}").json()
        assert proof["removed"]["reason"] == "court order 7"
    again = archived.reprocess("--restart")
    assert again.returncode == 0, again.stderr
    assert counts(archived, uid) == {}
    verified = run_oonib("archive", "verify", env=environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"removed: {uid}" in verified.stderr
    assert "court order 7" in verified.stderr
    wrong = run_oonib("archive", "remove", "nonsense", "--reason", "x", "--yes", env=environment)
    assert wrong.returncode == 2
