"""Production's scores and rows for real measurements, field by field (fastpath contract 13)."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oonib.scoring import (
    FASTPATH_COLUMNS,
    OBS_OPENVPN_COLUMNS,
    DeadLetter,
    Discarded,
    Fingerprint,
    FingerprintSet,
    Matcher,
    Scored,
    countries_of,
    score_body,
)

from support.shared_data import require_shared_data, shared_data

pytestmark = pytest.mark.shared_data

NETWORK_NOT_TOLD = {
    "env_asn_noprefix": "fastpath contract 15: only AS<digits> names a network, 3269 is not 69",
    "env_asn_space": "fastpath contract 15: only AS<digits> names a network",
}
"""Cases with a row in production that get none here."""

Case = tuple[str, bytes, str, dict[str, Any]]


def _cases() -> Iterator[Case]:
    root = shared_data()
    if root is None:
        return
    folder = root / "measurements"
    for line in (folder / "expected_scores.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        yield case["file"], (folder / case["file"]).read_bytes(), case["measurement_uid"], case
    for line in (folder / "synthetic_cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        yield case["case"], json.dumps(case["body"]).encode(), case["measurement_uid"], case["peer"]


@cache
def _matcher(root: Path) -> Matcher:
    return Matcher.build(FingerprintSet.of(_read(root, "dns"), _read(root, "http")))


def _read(root: Path, table: str) -> list[Fingerprint]:
    with (root / "fingerprints" / f"fingerprints_{table}.csv").open(newline="", encoding="utf-8") as lines:
        return [
            Fingerprint(
                row["name"],
                row["scope"],
                row["location_found"],
                row["pattern_type"],
                row["pattern"],
                int(row["confidence_no_fp"]),
                countries_of(row["expected_countries"]),
            )
            for row in csv.DictReader(lines)
        ]


def _readable(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip(columns, row, strict=True))
    for name in ("test_start_time", "measurement_start_time"):
        values[name] = values[name].strftime("%Y-%m-%d %H:%M:%S")
    return values


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    scores = json.loads(row["scores"])
    if "fingerprints" in scores:
        scores["fingerprints"] = sorted(scores["fingerprints"], key=json.dumps)
    return row | {"scores": scores}


CASES = list(_cases())


@pytest.mark.parametrize("case", CASES or [None], ids=[case[0] for case in CASES] or ["corpus"])
def test_equals_production(case: Case) -> None:
    matcher = _matcher(require_shared_data())
    name, raw, uid, expected = case
    outcome = score_body(raw, uid, matcher)
    if expected["outcome"] == "discarded":
        assert isinstance(outcome, Discarded)
    elif expected["outcome"] == "exception":
        _assert_not_lost(outcome)
    elif name in NETWORK_NOT_TOLD:
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason == "bad_probe_asn"
    else:
        _assert_same_row(outcome, expected)


def _assert_same_row(outcome: object, expected: dict[str, Any]) -> None:
    assert isinstance(outcome, Scored), outcome
    row = _readable(FASTPATH_COLUMNS, outcome.row)
    del row["fingerprints_snapshot"]
    assert _comparable(row) == _comparable(expected["row"])
    if "obs_openvpn" in expected:
        assert outcome.openvpn is not None
        observation = _readable(OBS_OPENVPN_COLUMNS, outcome.openvpn)
        # Two mends of fastpath contract 5: production never fills these.
        mended = {"anomaly", "platform"}
        production = expected["obs_openvpn"]
        assert {k: v for k, v in observation.items() if k not in mended} == {
            k: v for k, v in production.items() if k not in mended
        }


def _assert_not_lost(outcome: object) -> None:
    """Fastpath contract 15: a row that names the problem, or a dead letter where no row is possible."""
    if isinstance(outcome, DeadLetter):
        assert outcome.reason != "internal_error"
        return
    assert isinstance(outcome, Scored)
    assert outcome.scores["accuracy"] == 0.0
    assert outcome.scores["msg"]
    assert not outcome.scores["msg"].startswith("unexpected shape")
