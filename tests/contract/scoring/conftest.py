"""A small set of made-up fingerprints, and a maker of minimal measurements."""

from collections.abc import Callable
from typing import Any

import pytest

from oonib.scoring import Fingerprint, FingerprintSet, Matcher, score_measurement

BASE = {
    "blocking_general": 0.0,
    "blocking_global": 0.0,
    "blocking_country": 0.0,
    "blocking_isp": 0.0,
    "blocking_local": 0.0,
}

Make = Callable[..., dict[str, Any]]
Score = Callable[..., dict[str, Any]]


def _fingerprint(name: str, scope: str, where: str, kind: str, pattern: str, *countries: str) -> Fingerprint:
    return Fingerprint(name, scope, where, kind, pattern, 5, countries)


@pytest.fixture(scope="session")
def fingerprints() -> FingerprintSet:
    dns = [
        _fingerprint("d.isp", "isp", "dns", "full", "192.0.2.66", "IT"),
        _fingerprint("d.fp", "fp", "dns", "full", "192.0.2.67"),
        _fingerprint("d.host", "nat", "dns", "full", "blocked.example", "IT"),
        _fingerprint("d.twin", "inst", "dns", "full", "192.0.2.66", "FR"),
    ]
    http = [
        _fingerprint("h.nat", "nat", "body", "contains", "closed by decree 77", "IT"),
        _fingerprint("h.inst", "inst", "body", "contains", "the library keeps this shut", "IT"),
        _fingerprint("h.prod", "prod", "body", "contains", "FilterBox 9", "IT"),
        _fingerprint("h.fp", "fp", "body", "contains", "a very common word", "FR"),
        _fingerprint("h.regexp", "nat", "body", "regexp", "clos.d by .*cree", "IT"),
        _fingerprint("h.full", "nat", "body", "full", "no", "IT"),
        _fingerprint("h.server", "nat", "header.server", "prefix", "StopHere", "IT"),
        _fingerprint("h.location", "isp", "header.location", "full", "http://stop.example/", "IT"),
        _fingerprint("h.via", "nat", "header.via", "contains", "warden", "IT"),
        _fingerprint("h.accent", "nat", "body", "contains", "accès refusé", "FR"),
    ]
    return FingerprintSet.of(dns, http)


@pytest.fixture(scope="session")
def matcher(fingerprints: FingerprintSet) -> Matcher:
    return Matcher.build(fingerprints)


@pytest.fixture(scope="session")
def make() -> Make:
    """A minimal measurement; keyword arguments set top-level fields, None included."""

    def build(test_name: str, test_keys: object = None, **fields: object) -> dict[str, Any]:
        return {
            "report_id": "20240506T070800Z_x_IT_64501_n1_AbCdEfGhIjKlMnOp",
            "probe_cc": "IT",
            "probe_asn": "AS64501",
            "test_name": test_name,
            "test_start_time": "2024-05-06 07:08:00",
            "measurement_start_time": "2024-05-06 07:08:09",
            "test_runtime": 1.25,
            "resolver_ip": "192.0.2.53",
            "annotations": {"platform": "linux", "engine_version": "3.22.0"},
            "software_name": "ooniprobe-cli",
            "software_version": "3.22.0",
            "test_version": "0.4.0",
            "test_keys": test_keys,
        } | fields

    return build


@pytest.fixture(scope="session")
def score(make: Make, matcher: Matcher) -> Score:
    """What differs from base scores, for a minimal measurement."""

    def run(test_name: str, test_keys: object = None, **fields: object) -> dict[str, Any]:
        scores = score_measurement(make(test_name, test_keys, **fields), matcher)
        return {key: value for key, value in scores.items() if key not in BASE or value != BASE[key]}

    return run
