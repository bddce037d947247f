"""Fastpath contract 3.1: the decision table, and 6.2 and 6.3 as seen through it."""

import base64
from typing import Any

import pytest

from oonib.scoring import Matcher, Unscorable, score_measurement
from oonib.scoring.base import flags_of

MISSING = object()
PAGE = "<html>closed by decree 77</html>"


def _request(body: object, headers: object = None) -> dict[str, Any]:
    return {"failure": None, "response": {"body": body, "headers": headers}}


def _b64(data: bytes) -> dict[str, str]:
    return {"format": "base64", "data": base64.b64encode(data).decode()}


def _flags(scores: dict[str, Any]) -> str:
    flags = flags_of(scores)
    return "".join("t" if flag else "f" for flag in (flags.anomaly, flags.confirmed, flags.failure))


@pytest.fixture
def judge(make, matcher):
    def run(keys: dict[str, Any]) -> str:
        scores = score_measurement(make("web_connectivity", keys), matcher)
        return f"{scores['blocking_general']} {_flags(scores)}"

    return run


@pytest.mark.parametrize(
    ("blocking", "accessible", "plain", "matched"),
    [
        (False, True, "0.0 fff", "1.0 ttf"),
        (False, False, "0.0 fff", "1.0 ttf"),
        (0, True, "0.0 fff", "1.0 ttf"),
        ("dns", False, "1.0 tff", "2.0 ttf"),
        ("tcp_ip", True, "1.0 tff", "2.0 ttf"),
        ("http-diff", MISSING, "1.0 tff", "2.0 ttf"),
        ("http-failure", False, "1.0 tff", "2.0 ttf"),
        ("dns", None, "1.0 tft", "2.0 ttf"),
        (None, None, "0.0 fft", "1.0 ttf"),
        (None, MISSING, "0.0 fft", "1.0 ttf"),
        (MISSING, MISSING, "0.0 fft", "1.0 ttf"),
        (False, None, "0.0 fft", "1.0 ttf"),
        (True, True, "0.0 fft", "1.0 ttt"),
        ("", True, "0.0 fft", "1.0 ttt"),
        ("tls", True, "0.0 fft", "1.0 ttt"),
        (["dns"], False, "0.0 fft", "1.0 ttt"),
    ],
)
def test_decision_table(judge, blocking, accessible, plain, matched) -> None:
    keys = {"blocking": blocking, "accessible": accessible}
    keys = {key: value for key, value in keys.items() if value is not MISSING}
    assert judge(keys) == plain
    assert judge(keys | {"requests": [_request(PAGE)]}) == matched


@pytest.mark.parametrize("keys", [None, {}])
def test_empty_keys_only_fail(score, keys) -> None:
    assert score("web_connectivity", keys) == {"accuracy": 0.0}


@pytest.mark.parametrize(
    ("title_match", "accepted"),
    [(True, True), (None, True), (0, True), (1, True), ("yes", False), ([], False)],
)
def test_title_match_must_be_a_verdict(score, title_match, accepted) -> None:
    found = score("web_connectivity", {"blocking": "dns", "title_match": title_match})
    blocked = {"blocking_general": 1.0, "analysis": {"blocking_type": "dns"}}
    assert found == (blocked if accepted else {"accuracy": 0.0})


def test_odd_title_match_confirms_without_anomaly(make, matcher) -> None:
    keys = {"blocking": False, "title_match": "yes", "requests": [_request(PAGE)]}
    assert _flags(score_measurement(make("web_connectivity", keys), matcher)) == "ftt"


@pytest.mark.parametrize(
    ("failure", "fails"),
    [("unknown_failure: x", True), ("unknown_error", False), ("", False), (None, False)],
)
def test_unknown_failures(score, failure, fails) -> None:
    found = score("web_connectivity", {"blocking": False, "accessible": True, "control_failure": failure})
    assert found == ({"accuracy": 0.0} if fails else {})


def test_plain_failure_key_does_not_count(score) -> None:
    assert score("web_connectivity", {"blocking": False, "failure": "unknown_failure"}) == {}


@pytest.mark.parametrize(
    ("body", "cc", "names", "extra"),
    [
        (PAGE, "IT", ["h.nat"], {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True}),
        (PAGE, "it", ["h.nat"], {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True}),
        (PAGE, "FR", ["h.nat"], {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True}),
        (
            "the library keeps this shut",
            "IT",
            ["h.inst"],
            {"blocking_general": 1.0, "blocking_local": 1.0, "confirmed": True},
        ),
        ("the library keeps this shut", "FR", ["h.inst"], {}),
        ("FilterBox 9", "IT", ["h.prod"], {"blocking_general": 1.0, "confirmed": True}),
        ("a very common word", "IT", ["h.fp"], {}),
        ("a very common word", "FR", ["h.fp"], {"blocking_general": 1.0, "confirmed": True}),
        (
            "accès refusé",
            "FR",
            ["h.accent"],
            {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True},
        ),
        (
            "say no more",
            "DE",
            ["h.full"],
            {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True},
        ),
        (
            "clos.d by .*cree",
            "DE",
            ["h.regexp"],
            {"blocking_general": 1.0, "blocking_country": 1.0, "confirmed": True},
        ),
    ],
)
def test_body_matches_and_confirming(score, body, cc, names, extra) -> None:
    for sent in (body, _b64(b"\xff\x00" + body.encode() + b"\xfe")):
        found = score("web_connectivity", {"blocking": False, "requests": [_request(sent)]}, probe_cc=cc)
        assert [entry["name"] for entry in found.pop("fingerprints")] == names
        assert found == extra


def test_a_match_is_described(score) -> None:
    found = score("web_connectivity", {"blocking": False, "requests": [_request(PAGE)]})
    entry = {
        "name": "h.nat",
        "scope": "nat",
        "location_found": "body",
        "confidence_no_fp": 5,
        "expected_countries": ["IT"],
    }
    assert found["fingerprints"] == [entry]
    assert list(found["fingerprints"][0]) == list(entry)


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({"SeRvEr": "StopHere 2.1"}, ["h.server"]),
        ({"Server": "not StopHere"}, []),
        ({"Location": "http://stop.example/"}, ["h.location"]),
        ({"Location": "http://stop.example/more"}, []),
        ({"Via": "1.1 warden"}, []),  # header patterns of kind contains never match
        ({"Server": "StopHere", "server": "other"}, []),  # the last of equal names counts
        ({"Server": {"format": "base64", "data": "U3RvcEhlcmX/"}}, ["h.server"]),
        ({"Location": {"format": "base64", "data": "aHR0cDovL3N0b3AuZXhhbXBsZS8="}}, []),
        (None, []),
        ({}, []),
        ([], []),
    ],
)
def test_header_matches(score, headers, names) -> None:
    found = score("web_connectivity", {"blocking": False, "requests": [_request("x", headers)]})
    assert [entry["name"] for entry in found.get("fingerprints", ())] == names


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ({"ipv4": "192.0.2.66"}, ["d.isp", "d.twin"]),
        ({"hostname": "blocked.example"}, ["d.host"]),
        ({"ipv4": "192.0.2.1", "hostname": "blocked.example"}, []),
        ({"ipv4": None, "hostname": "blocked.example"}, []),
        ({"ipv6": "2001:db8::1"}, []),
        ({"ipv4": "192.0.2.67"}, ["d.fp"]),
        ({}, []),
    ],
)
def test_dns_matches(score, answer, names) -> None:
    found = score(
        "web_connectivity", {"blocking": False, "queries": [{"answers": None}, {"answers": [answer]}]}
    )
    assert [entry["name"] for entry in found.get("fingerprints", ())] == names


def test_order_and_repeats(score) -> None:
    keys = {
        "blocking": False,
        "queries": [{"answers": [{"ipv4": "192.0.2.66"}]}] * 2,
        "requests": [_request(f"no {PAGE}", {"Server": "StopHere"}), _request(PAGE), {"response": None}],
    }
    names = [entry["name"] for entry in score("web_connectivity", keys)["fingerprints"]]
    assert names == ["d.isp", "d.twin", "d.isp", "d.twin", "h.full", "h.nat", "h.server", "h.nat"]


def test_undecodable_base64_discards_all_matches(score) -> None:
    keys = {"blocking": "dns", "requests": [_request(PAGE), _request({"format": "base64", "data": "x"})]}
    found = score("web_connectivity", keys)
    assert found == {"blocking_general": 1.0, "analysis": {"blocking_type": "dns"}, "accuracy": 0.0}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        "text",
        {"requests": {"a": 1}},
        {"requests": [None]},
        {"requests": [{"response": {"body": 5}}]},
        {"requests": [{"response": {"body": "x", "headers": ["Server"]}}]},
        {"queries": [{"answers": [None]}]},
        {"dns_experiment_failure": 5},
    ],
)
def test_shapes_that_production_loses(make, matcher: Matcher, keys) -> None:
    with pytest.raises(Unscorable):
        score_measurement(make("web_connectivity", keys), matcher)


def test_missing_country_is_unscorable(make, matcher: Matcher) -> None:
    measurement = make("web_connectivity", {"blocking": False})
    del measurement["probe_cc"]
    with pytest.raises(Unscorable):
        score_measurement(measurement, matcher)
