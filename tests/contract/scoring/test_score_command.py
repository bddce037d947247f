"""`oonib score` over the corpus: the scores and rows of production, as the command prints them."""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from support.processes import clean_environment, run_oonib
from support.shared_data import require_shared_data

pytestmark = [pytest.mark.shared_data, pytest.mark.timeout(180)]


def cases() -> list[dict[str, Any]]:
    lines = (require_shared_data() / "measurements" / "expected_scores.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def score(*words: object) -> list[dict[str, Any]]:
    fingerprints = require_shared_data() / "fingerprints"
    done = run_oonib("score", *map(str, words), "--fingerprints", str(fingerprints), env=clean_environment())
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def comparable(scores: dict[str, Any]) -> dict[str, Any]:
    if "fingerprints" in scores:
        return scores | {"fingerprints": sorted(scores["fingerprints"], key=json.dumps)}
    return scores


def assert_production(found: dict[str, Any], case: dict[str, Any], *, uid: bool) -> None:
    if case["outcome"] == "discarded":
        assert (found["outcome"], bool(found["reason"]), found["scores"]) == ("discarded", True, None)
    elif case["outcome"] == "exception":
        # What production loses is a row that names the problem, or a dead letter (fastpath contract 15).
        assert found["outcome"] == "dead_letter" or found["scores"]["msg"]
        assert found["outcome"] == "row" or found["reason"]
    else:
        row, wanted = found["row"], dict(case["row"])
        assert comparable(found["scores"]) == comparable(json.loads(wanted.pop("scores"))), case["file"]
        assert comparable(json.loads(row.pop("scores"))) == comparable(found["scores"])
        assert row.pop("fingerprints_snapshot") is not None
        if not uid:
            del row["measurement_uid"], wanted["measurement_uid"]
        assert row == wanted
        assert found["outcome"] == "row"
        assert ("obs_openvpn" in found) == (wanted["test_name"] == "openvpn")


def made_up(case: dict[str, Any]) -> bool:
    """Whether the uid of the expectation is the one that is made from the body."""
    return "real published" not in case["kind"]


def test_files_of_one_measurement() -> None:
    folder = require_shared_data() / "measurements"
    every = cases()
    found = score(*(folder / case["file"] for case in every), "--rows")
    assert len(found) == len(every)
    for line, case in zip(found, every, strict=True):
        assert_production(line, case, uid=made_up(case))


def test_a_postcan_and_lines_give_the_same(tmp_path: Path) -> None:
    folder = require_shared_data() / "measurements"
    every = cases()
    bodies = [b"".join((folder / case["file"]).read_bytes().splitlines()) for case in every]
    lines, can = tmp_path / "lines.jsonl.gz", tmp_path / "can.tar.gz"
    lines.write_bytes(gzip.compress(b"".join(body + b"\n" for body in bodies)))
    with tarfile.open(can, "w:gz") as tar:
        for body, case in zip(bodies, every, strict=True):
            post = tmp_path / "post"
            post.write_bytes(b'{"format":"json","content":' + body + b',"is_verified":"u"}')
            tar.add(post, f"incoming/2026030210_IT_x/{case['measurement_uid']}.post")
    posts = score(can, "--rows", "--jobs", "2")
    for line, case in zip(posts, every, strict=True):
        assert line["measurement_uid"] == case["measurement_uid"]
        assert_production(line, case, uid=True)
    for line, case in zip(score(lines, "--rows", "--jobs", "2"), every, strict=True):
        assert_production(line, case, uid=made_up(case))
