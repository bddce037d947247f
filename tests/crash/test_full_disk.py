"""A full disk: 507 and red health before it is full, reads go on, recovery without help (reliability D5)."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.processes import Oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]
REPORT_ID = "20260302T101530Z_telegram_BR_28573_n1_k3ZqWb0TtN7yLoPa"
MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("a file system of its own cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def post(client: httpx.Client, n: int, size: int = 200_000) -> httpx.Response:
    content = {
        "probe_cc": "BR",
        "probe_asn": "AS28573",
        "test_name": "telegram",
        "report_id": REPORT_ID,
        "n": n,
        "x": os.urandom(size // 2).hex(),
    }
    return client.post(f"/report/{REPORT_ID}", content=json.dumps({"format": "json", "content": content}))


def findings(api: Oonib) -> dict[str, str]:
    _, health = wait_until(lambda: (answer := api.get("/health"))[0] and answer, what="an answer of /health")
    return {finding["id"]: finding["status"] for finding in health["findings"]}


@pytest.mark.parametrize("reserve", [8 * MIB, 0], ids=["with a reserve", "to the last byte"])
def test_full_and_free_again(small_disk: Path, reserve: int) -> None:
    with (
        Oonib("api", data_dir=small_disk / "data", spool_disk_reserve=reserve) as api,
        httpx.Client(base_url=api.url, timeout=20) as client,
    ):
        stored: list[str] = []
        red_before_full = False
        for n in range(600):
            answer, room = post(client, n), findings(api)["spool_room"]
            if answer.status_code == 200:
                stored.append(answer.json()["measurement_uid"])
                red_before_full = red_before_full or room == "fail"
            elif room == "fail" or not reserve:
                break
            # Else the journal of the spool has just given back what it took: there is room again.
        assert answer.status_code == 507, answer.text
        assert answer.headers["retry-after"]
        assert len(stored) > 50
        if reserve:
            assert red_before_full
            assert findings(api)["spool_room"] == "fail"
        assert api.get("/api/_/check_report_id")[0] == 200
        subprocess.run(["mount", "-o", "remount,size=160m", small_disk], check=True)
        wait_until(lambda: post(client, 9999).status_code == 200, 20, "submissions to work again")
        spool_names = {path.name for path in (small_disk / "data" / "spool").iterdir()}
        assert not any("damaged" in name for name in spool_names)
