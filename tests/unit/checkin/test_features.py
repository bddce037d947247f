"""Feature flags: the default ones, rollouts, and files that people broke (probe contract 1.6)."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.features import DEFAULT_FLAGS, Features, Probe, Rollouts, bucket, read_rollouts


def probe(
    address: str = "203.0.113.9",
    cc: str = "IT",
    asn: int = 30722,
    name: str = "miniooni",
    version: str = "3.20.0",
) -> Probe:
    return Probe(address, cc, asn, name, version)


def flags(rollout: dict[str, Any], *more: dict[str, Any], of: Probe) -> dict[str, bool]:
    rollouts = [{"flag": "f", "value": True, **rollout}, *more]
    return read_rollouts(json.dumps({"rollouts": rollouts}).encode()).flags(of)


def test_without_a_file_the_flags_of_the_contract() -> None:
    assert Features(None).flags(probe()) == {
        "torsf_enabled": False,
        "vanilla_tor_enabled": False,
        "openvpn_enabled": False,
        "webconnectivity_0.5": True,
    }


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"cc": "IT"}, True),
        ({"cc": ["BR", "IT"]}, True),
        ({"cc": ["BR"]}, False),
        ({"cc": []}, False),
        ({"asn": 30722}, True),
        ({"asn": [1]}, False),
        ({"cc": "IT", "asn": [1]}, False),
        ({"software_name": "miniooni"}, True),
        ({"software_name": ["ooniprobe-android"]}, False),
        ({"min_version": "3.19.1"}, True),
        ({"min_version": "3.20.0"}, True),
        ({"min_version": "3.20.1"}, False),
        ({"min_version": "3.3"}, True),
    ],
)
def test_which_probes_a_rollout_is_about(match: dict[str, Any], fits: bool) -> None:
    assert ("f" in flags({"match": match}, of=probe())) is fits


@pytest.mark.parametrize("version", ["", "x", "3.20-beta-x", "9" * 5000, "3.20.0\n\n;"])
def test_an_odd_version_is_below_every_version(version: str) -> None:
    odd = probe(version=version)
    assert "f" not in flags({"match": {"min_version": "0.0.1"}}, of=odd)


def test_a_prerelease_is_below_its_release() -> None:
    assert "f" not in flags({"match": {"min_version": "3.20.0"}}, of=probe(version="3.20.0-alpha"))


def test_a_later_rollout_wins() -> None:
    last = {"flag": "f", "value": False, "match": {"cc": "IT"}}
    assert flags({}, last, of=probe())["f"] is False
    assert flags({}, last, of=probe(cc="BR"))["f"] is True


@pytest.mark.parametrize(("percent", "expected"), [(0, 0), (0.8, 80), (10, 1000), (50, 5000), (100, 10_000)])
def test_the_part_that_a_percentage_reaches(percent: float, expected: int) -> None:
    rollouts = Rollouts.model_validate({"rollouts": [{"flag": "f", "value": True, "percent": percent}]})
    reached = sum("f" in rollouts.flags(probe(f"{n // 256 + 1}.{n % 256}.7.1")) for n in range(10_000))
    # Five standard deviations of a fair choice; with this key and these networks the number never changes.
    spread = 5 * (10_000 * percent / 100 * (1 - percent / 100)) ** 0.5
    assert abs(reached - expected) <= spread


def test_a_network_keeps_its_arm() -> None:
    block = {bucket("k", "f", f"198.51.100.{n}") for n in range(256)}
    block6 = {bucket("k", "f", f"2001:db8:7:{n:x}::{n:x}") for n in range(256)}
    assert len(block) == len(block6) == 1
    assert bucket("k", "f", "::ffff:198.51.100.7") in block
    assert bucket("k", "f", "198.51.101.1") not in block


def test_flags_and_keys_have_buckets_of_their_own() -> None:
    found = {bucket(key, flag, "198.51.100.7") for key in ("", "a", "b") for flag in ("f", "g")}
    assert len(found) == 6


@pytest.mark.parametrize("address", ["", "nobody", "1.2.3", "203.0.113.9:80"])
def test_without_an_address_only_full_rollouts_count(address: str) -> None:
    assert "f" not in flags({"percent": 99.99}, of=probe(address))
    assert "f" in flags({"percent": 100}, of=probe(address))


@given(st.text(), st.text(max_size=20), st.text())
def test_any_probe_gets_an_answer(address: str, key: str, version: str) -> None:
    assert 0 <= bucket(key, "f", address) < 10_000
    found = flags({"percent": 50, "match": {"min_version": "1"}}, of=probe(address, version=version))
    assert set(found) - {"f"} == set(DEFAULT_FLAGS)


BROKEN = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff",
    b'{"rollout":[]}',
    b'{"rollouts":[{"flag":"f"}]}',
    b'{"rollouts":[{"flag":"f","value":"true"}]}',
    b'{"rollouts":[{"flag":"f","value":1}]}',
    b'{"rollouts":[{"flag":"f","value":null}]}',
    b'{"rollouts":[{"flag":"","value":true}]}',
    b'{"rollouts":[{"flag":"f","value":true,"percent":101}]}',
    b'{"rollouts":[{"flag":"f","value":true,"percent":-1}]}',
    b'{"rollouts":[{"flag":"f","value":true,"match":{"country":"IT"}}]}',
    b'{"rollouts":[{"flag":"f","value":true,"match":{"min_version":"three"}}]}',
]


@pytest.mark.parametrize("raw", BROKEN)
def test_a_broken_file_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rollouts(raw)


def test_a_refusal_does_not_tell_the_key() -> None:
    with pytest.raises(ValueError, match="rollouts") as caught:
        read_rollouts(b'{"key":"s3cr3t","rollouts":[{"flag":"f"}]}')
    assert "s3cr3t" not in str(caught.value)


def test_a_broken_file_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: Counter[tuple[str, str]] = Counter()
    file = tmp_path / "features.json"
    now = [0.0]
    monkeypatch.setattr("oonib.checkin.watched.time.monotonic", lambda: now[0])
    features = Features.watch(file, lambda *note: notes.update([note]))

    def after(text: str) -> dict[str, bool]:
        file.write_text(text)
        now[0] += 60
        return features.flags(probe())

    assert features.flags(probe()) == DEFAULT_FLAGS
    assert after('{"rollouts":[{"flag":"a","value":true}]}')["a"] is True
    assert after("{ broken")["a"] is True
    assert "a" not in after('{"rollouts":[]}')
    assert notes["features", "failed"] >= 1
    assert notes["features", "ok"] == 2
