"""`oonib score` as a command: streams, exit status, order."""

import json
import subprocess
import sys
from pathlib import Path

from oonib.simulate import World

from support.processes import clean_environment, run_oonib
from support.reprocessing import lines

START = "2026-03-02 10:00:00"


def body(number: int = 0, **changes: object) -> bytes:
    fields = {
        "report_id": f"20260302T100000Z_signal_IT_64501_n1_{number:016}",
        "probe_cc": "IT",
        "probe_asn": "AS64501",
        "test_name": "ndt",
        "test_start_time": START,
        "measurement_start_time": START,
        "test_keys": {},
    }
    return json.dumps(fields | changes).encode()


def test_each_outcome_and_the_exit_status(tmp_path: Path) -> None:
    good, zz, bad = tmp_path / "good.json", tmp_path / "zz.json", tmp_path / "bad.json"
    good.write_bytes(body())
    zz.write_bytes(body(probe_cc="ZZ"))
    bad.write_bytes(b"{nonsense")
    done = run_oonib("score", str(good), str(zz), env=clean_environment())
    assert done.returncode == 0
    row, discarded = lines(done)
    assert set(row) == {"measurement_uid", "outcome", "scores"}
    assert (row["outcome"], row["scores"]) == ("row", {})
    assert (discarded["outcome"], discarded["reason"]) == ("discarded", "cc_zz")
    assert "starter set" in done.stderr
    done = run_oonib("score", str(bad), str(good), str(tmp_path / "none.json"), env=clean_environment())
    assert done.returncode == 1
    assert [line["outcome"] for line in lines(done)] == ["row"]
    assert "bad.json: " in done.stderr
    assert "none.json: unreadable_file" in done.stderr
    strange = tmp_path / "strange.json"
    strange.write_bytes(body(probe_asn="3269"))
    done = run_oonib("score", str(strange), env=clean_environment())
    assert done.returncode == 1
    assert [(line["outcome"], line["reason"]) for line in lines(done)] == [("dead_letter", "bad_probe_asn")]


def test_rows_on_request_and_the_fingerprints_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "openvpn.json"
    path.write_bytes(body(test_name="openvpn"))
    (line,) = lines(run_oonib("score", str(path), "--rows", env=clean_environment()))
    assert line["row"]["measurement_start_time"] == line["obs_openvpn"]["measurement_start_time"] == START
    assert line["row"]["measurement_uid"] == line["measurement_uid"]
    done = run_oonib("score", str(path), "--fingerprints", str(tmp_path), env=clean_environment())
    assert done.returncode == 2
    assert "fingerprints_dns.csv" in done.stderr


def test_standard_input_and_order_with_several_processes() -> None:
    made = [body(number, pad="x" * 9000) for number in range(1200)]
    command = [sys.executable, "-m", "oonib", "score", "-", "--rows", "--jobs", "3"]
    done = subprocess.run(
        command, input=b"\n".join(made), capture_output=True, env=clean_environment(), check=True, timeout=60
    )
    found = [json.loads(line)["row"]["report_id"] for line in done.stdout.splitlines()]
    assert found == [json.loads(one)["report_id"] for one in made]


def test_the_simulated_world(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 3, 2, tzinfo=UTC)
    made = list(World(3).measurements(60, start=at, end=at.replace(day=3)))
    path = tmp_path / "world.jsonl"
    path.write_bytes(b"\n".join(one.envelope() for one in made))
    found = lines(run_oonib("score", str(path), "--rows", env=clean_environment()))
    assert [line["row"]["report_id"] for line in found] == [one.body["report_id"] for one in made]
    assert [line["row"]["confirmed"] == "t" for line in found] == [one.expected.confirmed for one in made]
