"""The synthetic world: repeatable, real in size and shape, and scored as it was planted."""

import json
from collections import Counter
from datetime import UTC, datetime
from statistics import median, quantiles

import pytest

from oonib.model.reportid import parse_report_id
from oonib.model.uid import make_uid
from oonib.scoring import FASTPATH_COLUMNS, Matcher, Scored, score_body
from oonib.simulate import World, fixed_size_body

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 3, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(7)


@pytest.fixture(scope="module")
def made(world):
    return list(world.measurements(3_000, start=START, end=END))


def test_same_seed_same_bytes() -> None:
    first, again, other = (
        [m.content for m in World(seed).measurements(40, start=START, end=END)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_scores_are_as_planted(world, made) -> None:
    matcher = Matcher.build(world.fingerprints)
    columns = [FASTPATH_COLUMNS.index(name) for name in ("anomaly", "confirmed", "msm_failure")]
    for measurement in made:
        raw, body = measurement.envelope(), measurement.body
        received = datetime.strptime(body["measurement_start_time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        uid = make_uid(received, body["probe_cc"], body["test_name"].replace("_", ""), raw)
        outcome = score_body(raw, str(uid), matcher)
        assert isinstance(outcome, Scored)
        expected = measurement.expected
        flags = tuple(outcome.row[column] == "t" for column in columns)
        assert flags == (expected.anomaly, expected.confirmed, expected.failure), (expected, outcome.scores)


def test_every_kind_appears(world, made) -> None:
    tests = Counter(m.body["test_name"] for m in made)
    assert len(tests) == 11
    assert 0.6 < tests["web_connectivity"] / len(made) < 0.8
    assert len({m.body["probe_cc"] for m in made}) == len(world.countries) >= 20
    blocks = [m.expected.block for m in made if m.expected.block]
    assert {block.method for block in blocks} == {
        "dns",
        "nxdomain",
        "page",
        "header",
        "tcp_ip",
        "http-failure",
    }
    assert {m.expected.noise for m in made} >= {
        "down",
        "control",
        "unknown",
        "parking",
        "vague",
        "broken",
        None,
    }
    assert 0.02 < len(blocks) / len(made) < 0.4


def test_blocks_begin_and_end(world) -> None:
    assert any(block.begins > 0 for block in world.blocks)
    assert any(block.ends < 1 for block in world.blocks)
    late = next(block for block in world.blocks if block.begins > 0)
    assert not late.is_active(0.0)
    assert late.is_active(0.99)


def test_sizes_are_those_of_real_measurements(made) -> None:
    sizes = [len(m.envelope()) for m in made]
    assert 4_000 < median(sizes) < 12_000
    assert 30_000 < quantiles(sizes, n=10)[8] < 90_000
    assert 200_000 < max(sizes) < 1_500_000


def test_times_rise_within_the_period(made) -> None:
    times = [m.body["measurement_start_time"] for m in made]
    assert times == sorted(times)
    assert times[0] >= "2026-03-01 00:00:00"
    assert times[-1] <= "2026-03-08 00:00:00"


def test_bodies_are_well_formed(made) -> None:
    for measurement in made[:200]:
        body = measurement.body
        assert json.loads(measurement.envelope()) == {"format": "json", "content": body}
        report_id = parse_report_id(body["report_id"])
        assert report_id.cc == body["probe_cc"]
        assert f"AS{report_id.asn}" == body["probe_asn"]


@pytest.mark.parametrize("size", [6_000, 17_000, 100_000, 800_000])
def test_fixed_size(world, size) -> None:
    body = fixed_size_body(size)
    assert abs(len(body) - size) < size * 0.05
    assert body == fixed_size_body(size)
    uid = "20260302101600.000000_US_webconnectivity_5d0c91e2a47b3f68"
    outcome = score_body(body, uid, Matcher.build(world.fingerprints))
    assert isinstance(outcome, Scored)
    assert "accuracy" not in outcome.scores
    assert outcome.scores["blocking_general"] == 0.0
