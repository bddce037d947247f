"""Fastpath contract 3.7 vanilla_tor, 3.8 tor, 3.10 psiphon, 3.11 torsf, 3.12 openvpn and meek."""

import pytest

from oonib.scoring import Unscorable

DONE = "Bootstrapped 100%: Done"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"accuracy": 0.0}),
        ({"tor_logs": []}, {"accuracy": 0.0}),
        ({"tor_log": ""}, {"blocking_general": 1.0}),
        ({"tor_log": f"Nov 1 [notice] {DONE}"}, {}),
        ({"tor_log": "x Bootstrapped 100% (done): Done", "tor_progress": 3}, {}),
        ({"tor_logs": [DONE]}, {}),
        ({"tor_logs": [f"Nov 1 {DONE}"], "tor_progress": 80}, {"blocking_general": 0.6799999999999999}),
        ({"tor_logs": [], "tor_log": DONE}, {}),
        ({"tor_log": "x", "tor_progress": 0}, {"blocking_general": 1.0}),
        ({"tor_log": "x", "tor_progress": 50}, {"blocking_general": 0.8}),
        ({"tor_log": "x", "tor_progress": 99}, {"blocking_general": 0.604}),
        ({"tor_log": "x", "tor_progress": 100}, {}),
        ({"tor_log": "x", "tor_progress": 150}, {}),
        ({"tor_log": "x", "tor_progress": -5}, {"blocking_general": 1.0}),
    ],
)
def test_vanilla_tor(score, keys, expected) -> None:
    assert score("vanilla_tor", keys) == expected


@pytest.mark.parametrize("keys", [{"tor_log": "x", "tor_progress": None}, {"tor_log": 5}])
def test_vanilla_tor_unscorable(score, keys) -> None:
    with pytest.raises(Unscorable):
        score("vanilla_tor", keys)


def _targets(*failures: object) -> dict[str, object]:
    return {"targets": {str(i): {"failure": f, "network_events": []} for i, f in enumerate(failures)}}


RUNTIME = {"extra": {"test_runtime": 1.25}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (_targets(None, None), RUNTIME),
        (_targets(None, "eof"), {"blocking_general": 0.5} | RUNTIME),
        (_targets(None, "eof", "eof", False), {"blocking_general": 2 / 3} | RUNTIME),
        (_targets(False), {"accuracy": 0.0} | RUNTIME),
        ({"targets": {"a": {"failure": None}}}, {"accuracy": 0.0}),
        ({"targets": {"a": {"network_events": []}}}, {"accuracy": 0.0}),
        ({"targets": {"a": "text"}}, {"accuracy": 0.0}),
        ({"targets": []}, {"accuracy": 0.0}),
        ({"targets": [{"failure": None}]}, {"accuracy": 0.0}),
        ({"targets": None}, {"accuracy": 0.0}),
        ({}, {"accuracy": 0.0}),
    ],
)
def test_tor(score, keys, expected) -> None:
    assert score("tor", keys) == expected


def test_tor_empty_failure(score) -> None:
    with pytest.raises(Unscorable):
        score("tor", _targets(""))


def _extra(bootstrap_time: object) -> dict[str, object]:
    return {"extra": {"test_runtime": 1.25, "bootstrap_time": bootstrap_time}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"bootstrap_time": 2.5}, {"accuracy": 1.0} | _extra(2.5)),
        ({"bootstrap_time": 2.5, "failure": None}, {"accuracy": 1.0} | _extra(2.5)),
        ({"bootstrap_time": 0}, {"accuracy": 0.0} | _extra(0)),
        ({}, {"accuracy": 0.0} | _extra(0)),
        ({"bootstrap_time": None}, {"accuracy": 1.0} | _extra(None)),
        ({"failure": "eof", "bootstrap_time": 0}, {"blocking_general": 1.0, "accuracy": 1.0} | _extra(0)),
        ({"failure": ""}, {"blocking_general": 1.0, "accuracy": 1.0} | _extra(0)),
    ],
)
def test_psiphon(score, keys, expected) -> None:
    assert score("psiphon", keys) == expected


def test_psiphon_without_resolver(make, matcher) -> None:
    from oonib.scoring import score_measurement

    measurement = make("psiphon", {"failure": "eof", "bootstrap_time": 0})
    del measurement["resolver_ip"]
    scores = score_measurement(measurement, matcher)
    assert (scores["blocking_general"], scores["accuracy"]) == (1.0, 0.0)
    assert score_measurement(measurement | {"resolver_ip": None}, matcher)["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("keys", "fields", "expected"),
    [
        ({"bootstrap_time": 70.1}, {}, {"extra": {"bootstrap_time": 70.1, "test_runtime": 1.25}}),
        ({}, {}, {"extra": {"bootstrap_time": None, "test_runtime": 1.25}}),
        ({"failure": "eof"}, {}, {"blocking_general": 1.0}),
        (
            {"failure": "eof"},
            {"software_name": "ooniprobe-android-unattended", "software_version": "3.8.3"},
            {"accuracy": 0.0},
        ),
        (
            {"failure": "eof"},
            {"software_name": "ooniprobe-cli", "software_version": "3.8.3"},
            {"blocking_general": 1.0},
        ),
    ],
)
def test_torsf(score, keys, fields, expected) -> None:
    assert score("torsf", keys, **fields) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"success": True}, RUNTIME),
        ({"success": "yes"}, RUNTIME),
        ({"success": False}, {"blocking_general": 1.0} | RUNTIME),
        ({"success": None}, {"accuracy": 0.0} | RUNTIME),
        ({}, {"accuracy": 0.0} | RUNTIME),
    ],
)
def test_openvpn(score, keys, expected) -> None:
    assert score("openvpn", keys) == expected


def _answer(code: object, headers: object) -> dict[str, object]:
    return {"response": {"code": code, "headers": headers}}


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([], {"blocking_general": 1.0, "accuracy": 0}),
        (None, {"blocking_general": 1.0, "accuracy": 0}),
        ([_answer(200, {"Server": "ECAcc (x)"})], {}),
        ([_answer(200, [["Server", ["ECAcc (x)"]]])], {}),
        ([_answer(200, {"server": "ECAcc (x)"})], {"blocking_general": 0.5}),
        ([_answer(200, {"Server": "nginx"})] * 3, {"blocking_general": 1.5}),
        ([_answer(404, {"Server": "ECAcc (x)"})], {"blocking_general": 1.0}),
        ([_answer(200, {"Server": "nginx"}), {"response": None}], {"blocking_general": 1.0}),
    ],
)
def test_meek_fronted_requests_test(score, requests, expected) -> None:
    found = score("meek_fronted_requests_test", {"requests": requests})
    assert found == expected
    assert isinstance(found.get("accuracy", 0), int)
