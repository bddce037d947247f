"""Wrong types in every field: each body gets an outcome that a rule names, and a row that a table takes.

The same mutations are driven twice: by hypothesis, which makes a failing body small, and for long by a plain
generator. A failure of the second names its seed.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.scoring import (
    FASTPATH_COLUMNS,
    OBS_OPENVPN_COLUMNS,
    DeadLetter,
    Discarded,
    Fingerprint,
    FingerprintSet,
    Matcher,
    Scored,
    score_body,
)
from oonib.simulate import World

from support.mutation import TEST_KEYS, at, bodies, changed, mutate, places, written
from support.shared_data import shared_data

UID = "20240506070909.000000_IT_webconnectivity_5d0c91e2a47b3f68"
MATCHER = Matcher.build(
    FingerprintSet.of(
        [Fingerprint("d", "isp", "dns", "full", "192.0.2.66", 5, ())],
        [
            Fingerprint("b", "nat", "body", "contains", "shut", 5, ()),
            Fingerprint("h", "prod", "header.server", "prefix", "Wall", 5, ("IT",)),
            Fingerprint("l", "isp", "header.location", "full", "http://b.example/", 5, ("IT",)),
        ],
    )
)
_LONGEST = 0.1
_SOME = 1_000_000
_SIZE = 100_000
_INT32 = range(-(2**31), 2**31)
_UINT64 = range(2**64)
_WHOLE = {"probe_asn": _INT32, "resolver_asn": _INT32, "last_handshake_transaction_id": _INT32}
_BITS = ("anomaly", "confirmed", "success", "success_handshake", "success_icmp", "success_urlgrab")


def check(raw: bytes) -> Scored | Discarded | DeadLetter:
    """Score, and hold the outcome against everything that is promised of one."""
    started = time.thread_time()
    outcome = score_body(raw, UID, MATCHER)
    spent = time.thread_time() - started
    if spent > _LONGEST and len(raw) < _SOME:
        spent = _seconds(raw)
        assert spent <= _LONGEST, f"{spent:.3f} s for {len(raw)} bytes"
    assert isinstance(outcome, Scored | Discarded | DeadLetter)
    if isinstance(outcome, DeadLetter):
        assert outcome.reason != "internal_error", outcome.detail
    if isinstance(outcome, Scored):
        # Production's own breakdowns have a name; a sentence about Python's is a rule that is missing here.
        assert "unexpected shape" not in str(outcome.scores.get("msg")), outcome.scores["msg"]
        assert json.loads(outcome.row[FASTPATH_COLUMNS.index("scores")]) is not None
        _check_row(dict(zip(FASTPATH_COLUMNS, outcome.row, strict=True)))
        if outcome.openvpn is not None:
            row = dict(zip(OBS_OPENVPN_COLUMNS, outcome.openvpn, strict=True))
            assert all(row.pop(name) in (0, 1) for name in _BITS)
            _check_row(row)
    return outcome


def _seconds(raw: bytes) -> float:
    """Of this thread; the least of a few tries, as the garbage of other tests may be collected in them."""
    spent = []
    for _ in range(4):
        started = time.thread_time()
        score_body(raw, UID, MATCHER)
        spent.append(time.thread_time() - started)
        if spent[-1] <= _LONGEST:
            break
    return min(spent)


def _check_row(row: dict[str, Any]) -> None:
    """Each value is one that its column holds."""
    for name, value in row.items():
        if name in _WHOLE:
            assert type(value) is int, name
            assert value in _WHOLE[name], name
        elif name == "ooni_run_link_id":
            assert value is None or (type(value) is int and value in _UINT64)
        elif name in ("test_runtime", "bootstrap_time"):
            assert type(value) is float, name
            assert abs(value) < 3.41e38, name
        elif name.endswith("_start_time"):
            assert isinstance(value, datetime), name
            assert value.tzinfo is UTC, name
            assert 0 <= value.timestamp() < 2**32, name
        else:
            assert type(value) is str, name
            value.encode()


@pytest.mark.parametrize("body", bodies(), ids=list(TEST_KEYS))
def test_the_bodies_that_are_mutated_are_right(body: dict[str, Any]) -> None:
    outcome = check(written(body))
    assert isinstance(outcome, Scored)
    assert "msg" not in outcome.scores or body["content"]["test_name"] != "web_connectivity"


@settings(deadline=None, max_examples=600)
@given(rng=st.randoms(use_true_random=False), body=st.sampled_from(bodies()))
def test_wrong_types_anywhere(rng: random.Random, body: Any) -> None:
    check(written(mutate(rng, body), rng))


@pytest.mark.parametrize("name", list(TEST_KEYS))
def test_long_lists_and_texts_take_linear_time(name: str) -> None:
    body = next(body for body in bodies() if body["content"]["test_name"] == name)
    for path in places(body):
        value = at(body, path)
        if isinstance(value, list | dict):
            item = value[0] if isinstance(value, list) and value else ["Server", {}]
            new: Any = [item] * (_SIZE // (len(written(item)) + 2))
        elif isinstance(value, str):
            new = (value or "1") * (_SIZE // (len(value) or 1))
        else:
            continue
        raw = written(changed(body, path, lambda parent, key, new=new: parent.__setitem__(key, new)))
        # In the square of the length it would be minutes.
        assert _seconds(raw) < 1.0, path


def test_a_match_repeated_for_megabytes_is_listed_a_thousand_times() -> None:
    body = next(body for body in bodies() if body["content"]["test_name"] == "web_connectivity")
    query = {"answers": [{"ipv4": "192.0.2.66"}]}
    keys = {**body["content"]["test_keys"], "queries": [query] * 30_000}
    outcome = check(written({**body["content"], "test_keys": keys}))
    assert isinstance(outcome, Scored)
    assert len(outcome.scores["fingerprints"]) == 1000
    # What is not listed counts all the same.
    assert outcome.scores["blocking_isp"] == 1.0
    assert outcome.scores["blocking_country"] == 1.0


def test_scores_are_never_longer_than_a_mebibyte() -> None:
    body = next(body for body in bodies() if body["content"]["test_name"] == "telegram")
    requests = [{"failure": "é" * 200_000, "request": {"url": "https://web.telegram.org/"}}]
    outcome = check(written({**body["content"], "test_keys": {"requests": requests}}))
    assert isinstance(outcome, Scored)
    assert outcome.scores["msg"] == "the scores are longer than 1 MiB"
    assert outcome.row[FASTPATH_COLUMNS.index("msm_failure")] == "t"


def test_values_by_the_million_are_not_even_made() -> None:
    outcome = check(b'{"content":[' + b"[]," * 2_100_000 + b'0],"format":"json"}')
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason == "malformed_json"
    assert "values" in outcome.detail


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_wrong_types_anywhere_for_long() -> None:
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "600"))
    first = int(os.environ.get("FUZZ_SEED", str(time.time_ns() % 10**9)))
    originals = _originals()
    outcomes: Counter[str] = Counter()
    failures: dict[str, str] = {}
    for seed in count(first):
        if time.monotonic() > until:
            break
        rng = random.Random(seed)
        raw = written(mutate(rng, rng.choice(originals)), rng)
        try:
            outcome = check(raw)
        except AssertionError as exc:
            problem = str(exc).splitlines()[0] if str(exc) else repr(exc)
            failures.setdefault(problem, f"seed {seed}: {raw[:300]!r}")
            continue
        outcomes[type(outcome).__name__ + " " + str(getattr(outcome, "reason", ""))] += 1
        if isinstance(outcome, Scored):
            outcomes["msg: " + str(outcome.scores.get("msg"))[:60]] += 1
    print(f"{sum(outcomes.values())} outcomes from seed {first}: {outcomes.most_common(80)}")  # noqa: T201
    assert not failures, failures
    assert outcomes["Scored "] > 1000


def _originals() -> list[Any]:
    """Small bodies of each nettest, the simulated world's, and real ones where they are at hand."""
    start = datetime(2024, 5, 6, tzinfo=UTC)
    world = World(7).measurements(120, start=start, end=start.replace(hour=6))
    return [*bodies() * 4, *(dict(measurement.body) for measurement in world), *_corpus()]


def _corpus() -> Iterator[Any]:
    folder = shared_data()
    for path in sorted((folder / "measurements").glob("*.json")) if folder else ():
        if path.stat().st_size < 40_000:
            yield json.loads(path.read_bytes())
