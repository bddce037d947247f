"""`oonib normalise`, run as a person runs it (design, section 7)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.cans import lz, report

GOOD = b"input: null\nsuccess: true"
BAD = b"raw: !!binary AP8="


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "oonib", "normalise", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


def test_lines_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "2015-01-01" / "r.yaml.lz4"
    source.parent.mkdir()
    source.write_bytes(lz(report(GOOD, b"measurement_uid: mine", header=b"probe_cc: null\n")))
    first, second = run(source), run(source)
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert [line["report_filename"] for line in lines] == ["2015-01-01/r.yaml"] * 2
    assert [line["probe_cc"] for line in lines] == ["ZZ"] * 2
    assert all(line["measurement_uid"].startswith("0120140807") for line in lines)
    target = tmp_path / "out.jsonl"
    assert run(source, target).returncode == 0
    assert target.read_bytes() == first.stdout
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.jsonl"]


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    done = run("-", "-", "--bucket-date", "2016-02-03", stdin=report(BAD, GOOD, b"a: ["))
    assert done.returncode == 1
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["bucket_date"] == "2016-02-03"
    said = done.stderr.decode().splitlines()
    assert said[0] == "stdin.yaml:1: holds_bytes: 2 bytes that are no text"
    assert said[-1] == "1 normalised, 2 left out: bad_yaml 1, holds_bytes 1"


def test_what_is_no_report() -> None:
    done = run("-", stdin=b"\xff\xfe\x1b[2J" * 100)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"broken_yaml_frame" in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["absent.yaml"], ["-", "-", "--bucket-date", "tomorrow"], ["-", "-", "-"]]
)
def test_wrong_use(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr


def test_a_report_is_not_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "r.yaml"
    source.write_bytes(report(GOOD))
    assert run(source, source).returncode == 2
    assert source.read_bytes() == report(GOOD)
