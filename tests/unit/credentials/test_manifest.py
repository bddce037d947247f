"""Manifests: what may be in one, and whose rule it is (probe contract 7.1)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oonib.collector.credentials.manifest import BadManifest, Manifest

MODIFIED = datetime(2026, 3, 1, tzinfo=UTC)


def rule(cc: str = "*", asn: str = "*", least: int = 0, first: int = 2461110) -> dict[str, Any]:
    return {
        "match": {"probe_cc": cc, "probe_asn": asn},
        "policy": {"age": [first, 2826140], "min_measurement_count": least},
    }


def body(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"submission_policy": list(rules or [rule()]), "public_parameters": "AAAA", **changes}


def parse(value: Any) -> Manifest:
    return Manifest.parse(json.dumps(value).encode(), MODIFIED)


def test_the_scope_has_a_default() -> None:
    assert parse(body()).shown()["nym_scope"] == "ooni.org/{probe_cc}/{probe_asn}"


def test_the_version_is_that_of_the_bytes() -> None:
    assert parse(body()).version == parse(body()).version
    assert parse(body()).version != parse(body(rule(least=1))).version


RULES = [rule("BR", "AS1", 1), rule("BR", "*", 2), rule("*", "AS2", 3), rule("IR", "*", 4), rule()]
WHOSE = [
    ("BR", "AS1", 1),
    ("BR", "AS2", 2),
    ("BR", "AS9", 2),
    ("IR", "AS2", 3),
    ("IR", "AS9", 4),
    ("DE", "AS9", 0),
]


@pytest.mark.parametrize(("cc", "asn", "least"), WHOSE)
def test_the_first_rule_that_fits(cc: str, asn: str, least: int) -> None:
    assert parse(body(*RULES)).policy(cc, asn).min_measurement_count == least


def test_an_early_wildcard_shadows_the_rest() -> None:
    assert parse(body(rule(least=9), *RULES)).policy("BR", "AS1").min_measurement_count == 9


def without(where: str, key: str) -> dict[str, Any]:
    entry = rule()
    del entry[where][key]
    return body(entry, rule())


def policy(**changes: Any) -> dict[str, Any]:
    entry = rule()
    entry["policy"].update(changes)
    return body(entry, rule())


BAD = {
    "a list": [],
    "no policy": {"public_parameters": "AAAA"},
    "no rules": body(submission_policy=[]),
    "no parameters": {"submission_policy": [rule()]},
    "parameters are a number": body(public_parameters=5),
    "no catch-all": body(rule("BR")),
    "catch-all by country only": body(rule("*", "AS1")),
    "catch-all not last": body(rule(), rule("BR")),
    "no country": without("match", "probe_cc"),
    "no network": without("match", "probe_asn"),
    "no age": without("policy", "age"),
    "no count": without("policy", "min_measurement_count"),
    "one age": policy(age=[1]),
    "three ages": policy(age=[1, 2, 3]),
    "age is a text": policy(age=["1", "2"]),
    "age is a fraction": policy(age=[1.5, 2]),
    "age is negative": policy(age=[-1, 2]),
    "age beyond 32 bits": policy(age=[1, 2**32]),
    "count is a list": policy(min_measurement_count=[1]),
    "count is a truth value": policy(min_measurement_count=True),
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
def test_refused(value: Any) -> None:
    with pytest.raises(BadManifest):
        parse(value)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 9999, b'{"a": NaN}'])
def test_not_json(raw: bytes) -> None:
    with pytest.raises(BadManifest):
        Manifest.parse(raw, MODIFIED)


def test_the_catch_all_is_asked_for_in_these_words() -> None:
    with pytest.raises(BadManifest, match=r"^Last rule in submission policy should be a catch-all\.$"):
        parse(body(rule("BR")))
