"""Whatever the bytes: an outcome, never an exception, and the same one every time."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.scoring import (
    FASTPATH_COLUMNS,
    OBS_OPENVPN_COLUMNS,
    SCORERS,
    DeadLetter,
    Discarded,
    Fingerprint,
    FingerprintSet,
    Matcher,
    Scored,
    score_body,
)

UID = "20240506070909.000000_IT_webconnectivity_5d0c91e2a47b3f68"
MATCHER = Matcher.build(
    FingerprintSet.of(
        [Fingerprint("d", "isp", "dns", "full", "192.0.2.66", 5, ())],
        [
            Fingerprint("b", "nat", "body", "contains", "shut", 5, ()),
            Fingerprint("h", "prod", "header.server", "prefix", "Wall", 5, ("IT",)),
        ],
    )
)

_INDISPENSABLE = {
    "report_id": "20240506T070800Z_x_IT_64501_n1_AbCdEfGhIjKlMnOp",
    "probe_cc": "IT",
    "probe_asn": "AS64501",
    "test_start_time": "2024-05-06 07:08:00",
    "measurement_start_time": "2024-05-06 07:08:09",
}
_leaf = (
    st.none()
    | st.booleans()
    | st.sampled_from(
        ["", "ok", "blocked", "dns", "unknown_failure", "base64", "shut", "Wall 1", "0.2.4", "\ud800"]
    )
    | st.sampled_from([0, -1, 1, 2**40, 10**30, 0.5, 1e308, float("inf"), float("nan")])
    | st.text(max_size=4)
)
_KEYS = [
    "test_keys",
    "requests",
    "request",
    "response",
    "body",
    "headers",
    "Server",
    "format",
    "data",
    "failure",
    "url",
    "queries",
    "answers",
    "ipv4",
    "hostname",
    "tcp_connect",
    "status",
    "success",
    "targets",
    "network_events",
    "blocking",
    "accessible",
    "title_match",
    "control_failure",
    "input",
    "annotations",
    "platform",
    "ooni_run_link_id",
    "test_helpers",
    "backend",
    "address",
    "probe_cc",
    "probe_asn",
    "report_id",
    "test_runtime",
    "sent",
    "received",
    "tor_log",
    "tor_progress",
    "signal_backend_status",
    "failed_operation",
    "test_version",
    "engine_version",
    "extra",
    "tor",
    "is_tor",
    "software_name",
    "resolver_asn",
    "measurement_start_time",
    "code",
    "connection",
    "endpoint",
    "bootstrap_time",
    "transaction_id",
    "result",
    "https://web.whatsapp.com/",
    "headers_dict",
    "body_length_match",
    "headers_match",
]
_json = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
)
_REAL_KEYS: dict[str, Any] = {
    "blocking": "dns",
    "accessible": None,
    "title_match": None,
    "queries": [{"answers": [{"ipv4": "192.0.2.66"}]}],
    "requests": [
        {
            "failure": None,
            "request": {"url": "https://web.telegram.org/", "headers": {"a": "b"}, "tor": {"is_tor": False}},
            "response": {"body": "shut", "code": 200, "headers": {"Server": "Wall"}},
        }
    ],
    "tcp_connect": [{"status": {"success": True, "failure": None}}],
    "targets": {"a": {"failure": None, "network_events": []}},
    "network_events": [{"transaction_id": 1}],
    "sent": ["a"],
    "received": ["b"],
    "tor_log": "x",
    "tor_progress": 50,
    "failure": None,
    "success": True,
}


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [at, *(path for key, child in children for path in _paths(child, (*at, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = _replaced(value[path[0]], path[1:], new)
    return changed


def _check(outcome: object, raw: bytes) -> None:
    assert isinstance(outcome, Scored | Discarded | DeadLetter)
    assert outcome == score_body(raw, UID, MATCHER)
    if isinstance(outcome, DeadLetter):
        assert outcome.reason != "internal_error", outcome.detail
    if isinstance(outcome, Scored):
        assert len(outcome.row) == len(FASTPATH_COLUMNS)
        assert json.loads(outcome.row[FASTPATH_COLUMNS.index("scores")]) == outcome.scores
        for value in (*outcome.row, *(outcome.openvpn or ())):
            assert not isinstance(value, str) or value.encode().decode() == value
            assert not isinstance(value, list | dict)
        assert outcome.openvpn is None or len(outcome.openvpn) == len(OBS_OPENVPN_COLUMNS)


@settings(deadline=None, max_examples=150)
@given(raw=st.binary(max_size=80))
def test_any_bytes(raw) -> None:
    _check(score_body(raw, UID, MATCHER), raw)


@settings(deadline=None, max_examples=150)
@given(
    test_name=st.sampled_from(sorted(SCORERS)),
    keys=_json,
    fields=st.dictionaries(st.sampled_from(_KEYS), _json),
)
def test_any_fields(test_name, keys, fields) -> None:
    measurement = {**_INDISPENSABLE, "test_name": test_name, **fields, "test_keys": keys}
    raw = json.dumps(measurement).encode()
    _check(score_body(raw, UID, MATCHER), raw)


@pytest.mark.parametrize("test_name", sorted(SCORERS))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_real_shapes_with_one_odd_value(test_name, data) -> None:
    measurement = {
        **_INDISPENSABLE,
        "test_name": test_name,
        "input": "https://a.example/",
        "test_keys": _REAL_KEYS,
    }
    path = data.draw(st.sampled_from(_paths(measurement)))
    raw = json.dumps(_replaced(measurement, path, data.draw(_json))).encode()
    _check(score_body(raw, UID, MATCHER), raw)


def test_deep_values_do_not_break_the_stack() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    measurement = {**_INDISPENSABLE, "test_name": "stunreachability", "test_keys": {"endpoint": deep}}
    raw = json.dumps(measurement).encode()
    assert isinstance(score_body(raw, UID, MATCHER), Scored)


def test_unforeseen_trouble_becomes_a_row() -> None:
    class Broken(Matcher):
        __slots__ = ()

        def match_dns(self, queries: Any) -> Any:
            raise ZeroDivisionError

    measurement = {**_INDISPENSABLE, "test_name": "web_connectivity", "test_keys": {}}
    broken = Broken.build(FingerprintSet.of([], []))
    outcome = score_body(json.dumps(measurement).encode(), UID, broken)
    assert isinstance(outcome, Scored)
    assert outcome.scores["msg"] == "unexpected shape (ZeroDivisionError)"
