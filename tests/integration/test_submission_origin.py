"""Where a submission came from is compared with what it says, as a row beside it (probe contract 5.7)."""

import json
from pathlib import Path
from typing import Any

import httpx

from support import mmdb
from support.processes import Oonib, run_oonib, wait_until
from support.submissions import REPORT_ID, body


def test_the_proxys_word_is_looked_up_and_the_address_is_kept_nowhere(tmp_path: Path) -> None:
    geoip = tmp_path / "data" / "geoip"
    geoip.mkdir(parents=True)
    mmdb.write(geoip / "asn_cc.mmdb", {**mmdb.KNOWN, "192.0.2.0/24": mmdb.place("IT", 30722, "Net")})
    with Oonib("up", data_dir=tmp_path / "data", trusted_proxies=1, workers=1) as up:
        wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
        headers = {"X-Forwarded-For": "8.8.8.8, 192.0.2.7"}
        answer = httpx.post(f"{up.url}/report/{REPORT_ID}", content=body(), headers=headers, timeout=30)
        uid = answer.json()["measurement_uid"]
        query = "SELECT type, probe_cc, probe_asn, details FROM faulty_measurements"

        def rows() -> list[dict[str, Any]]:
            done = run_oonib("db", "query", query, "--format", "json", env=up.environment)
            return [json.loads(line) for line in done.stdout.splitlines()]

        (row,) = wait_until(rows, 20, "the row")
        assert (row["type"], row["probe_cc"], row["probe_asn"]) == ("geoip", "IT", 30722)
        named = json.loads(row["details"])
        assert (named["submission_cc"], named["submission_asn"]) == ("BR", 28573)
        assert named["measurement_uid"] == uid
        assert "192.0.2.7" not in row["details"]
    assert all("192.0.2.7" not in log.read_text() for log in (tmp_path / "data").glob("*.log"))
