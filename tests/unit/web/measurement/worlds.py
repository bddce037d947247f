"""Measurements of the simulated world with the rows that scoring makes of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson

from oonib.model.uid import make_uid
from oonib.scoring import FASTPATH_COLUMNS, Matcher, Scored, score_body
from oonib.simulate import Expected, World
from oonib.web.measurement.story import Subject

START = datetime(2026, 3, 1, tzinfo=UTC)


@cache
def world() -> World:
    """The world of these tests."""
    return World(7)


@cache
def matcher() -> Matcher:
    """For its fingerprints."""
    return Matcher.build(world().fingerprints)


def subject_of(content: bytes) -> Subject:
    """A measurement as its page knows it."""
    body = orjson.loads(content)
    uid = str(make_uid(START + timedelta(days=1), str(body.get("probe_cc", "ZZ"))[:2], "x", content))
    outcome = score_body(b'{"format":"json","content":' + content + b"}", uid, matcher())
    return Subject(uid, meta(outcome.row) if isinstance(outcome, Scored) else {}, body)


def meta(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row as the meta of the API."""
    named = dict(zip(FASTPATH_COLUMNS, row, strict=True))
    started = named["measurement_start_time"]
    kept = ("measurement_uid", "report_id", "input", "probe_cc", "probe_asn", "test_name", "scores")
    return {name: named[name] for name in kept} | {
        "anomaly": named["anomaly"] == "t",
        "confirmed": named["confirmed"] == "t",
        "failure": named["msm_failure"] == "t",
        "measurement_start_time": f"{started:%Y-%m-%dT%H:%M:%SZ}" if started else None,
        "category_code": "NEWS",
        "verification_status": "unverified",
    }


@cache
def kinds() -> list[tuple[Subject, Expected]]:
    """One measurement of each kind that the world has: nettest, way of blocking, trouble."""
    return list(_kinds())


def _kinds() -> Iterator[tuple[Subject, Expected]]:
    seen = set()
    for made in world().measurements(3000, start=START, end=START + timedelta(days=1)):
        truth = made.expected
        kind = (made.body["test_name"], truth.block and truth.block.method, truth.noise, truth.anomaly)
        if kind not in seen:
            seen.add(kind)
            yield subject_of(made.content), truth
