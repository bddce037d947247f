"""Fastpath contract 3.12, and the dispatch of 3.0."""

import pytest

from oonib.scoring import SCORERS, Unscorable, score_measurement

LIKELY = {"blocking_general": 0.1, "accuracy": 0.0}
PAGE = {"body": "closed by decree 77", "headers": {}}


@pytest.mark.parametrize("name", ["ndt", "riseupvpn"])
@pytest.mark.parametrize("keys", [None, {"failure": "eof"}, []])
def test_tests_without_scores(make, matcher, name, keys) -> None:
    assert score_measurement(make(name, keys), matcher) == {}


def test_dns_consistency(score) -> None:
    assert score("dns_consistency") == {}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (None, {"accuracy": 0.0}),
        ({}, {"accuracy": 0.0}),
        ({"failure": None}, {}),
        ({"receiver_data": []}, {}),
        *[
            ({"failure": failure}, LIKELY)
            for failure in (
                "connection_aborted",
                "json_parse_error",
                "eof_error",
                "json_processing_error",
                "http_request_failed",
                "connect_error",
                "generic_timeout_error",
                "broken_pipe",
                "connection_refused",
                "ssl_error: x",
                "an ssl_error",
            )
        ],
        ({"failure": "other"}, {"msg": "Probe error", "accuracy": 0.0}),
        ({"failure": ""}, {"msg": "Probe error", "accuracy": 0.0}),
    ],
)
def test_dash(score, keys, expected) -> None:
    assert score("dash", keys) == expected


def test_dash_odd_failure(score) -> None:
    with pytest.raises(Unscorable):
        score("dash", {"failure": 5})


@pytest.mark.parametrize(
    ("connection", "general"),
    [
        ("success", 0.0),
        ("generic_timeout_error", 0.8),
        ("connection_refused_error", 0.8),
        ("connect_error", 0.8),
        ("tcp_timed_out_error", 0.8),
        ("other", 1.0),
        (None, 1.0),
    ],
)
def test_tcp_connect(score, connection, general) -> None:
    assert (
        score("tcp_connect", {"connection": connection}, input="x:1").get("blocking_general", 0.0) == general
    )


def test_tcp_connect_without_input(score) -> None:
    with pytest.raises(Unscorable):
        score("tcp_connect", {"connection": "success"})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"endpoint": "s:1"}, {"extra": {"endpoint": "s:1"}}),
        ({"failure": ""}, {"extra": {"endpoint": None}}),
        (
            {"endpoint": "s:1", "failure": "eof"},
            {"blocking_general": 1.0, "extra": {"endpoint": "s:1", "failure": "eof"}},
        ),
    ],
)
def test_stunreachability(score, keys, expected) -> None:
    assert score("stunreachability", keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"result": "ok", "browser_name": "firefox", "load_time_ms": 7.5},
            {"extra": {"browser_name": "firefox", "load_time_ms": 7.5}},
        ),
        ({"result": "error"}, {"blocking_general": 1.0, "extra": {"browser_name": "", "load_time_ms": 0}}),
        ({}, {"accuracy": 0.0, "extra": {"browser_name": "", "load_time_ms": 0}}),
    ],
)
def test_browser_web(score, keys, expected) -> None:
    assert score("browser_web", keys) == expected


@pytest.mark.parametrize(
    ("keys", "fields", "expected"),
    [
        ({"body_length_match": True, "headers_match": True}, {}, {}),
        ({"body_length_match": False, "headers_match": True}, {}, {"blocking_general": 1.0}),
        ({"body_length_match": True}, {}, {"accuracy": 0.0}),
        ({"body_length_match": True, "headers_match": True}, {"control_failure": "x"}, {"accuracy": 0.0}),
        ({"body_length_match": True, "headers_match": True, "control_failure": "x"}, {}, {}),
    ],
)
def test_http_requests(score, keys, fields, expected) -> None:
    assert score("http_requests", keys, **fields) == expected


def test_http_requests_confirms_without_anomaly(score) -> None:
    keys = {"body_length_match": True, "headers_match": True}
    found = score("http_requests", keys | {"requests": [{"response": PAGE}]})
    assert (found["blocking_country"], found["confirmed"]) == (1.0, True)
    assert "blocking_general" not in found
    over_tor = {"request": {"tor": {"is_tor": True}}, "response": PAGE}
    assert score("http_requests", keys | {"requests": [over_tor]}) == {}


@pytest.mark.parametrize(
    "entry",
    [{"request": {"tor": "yes"}}, {"response": {"body": {"format": "base64", "data": "x"}}}],
)
def test_http_requests_unscorable(score, entry) -> None:
    with pytest.raises(Unscorable):
        score("http_requests", {"body_length_match": True, "headers_match": True, "requests": [entry]})


@pytest.mark.parametrize(
    "name",
    [
        "http_host",
        "multi_protocol_traceroute",
        "urlgetter",
        "echcheck",
        "dnscheck",
        "quicping",
        "stun_reachability",
        "webconnectivity",
        "openvpn_client_test",
        "",
        None,
        5,
        ["web_connectivity"],
    ],
)
def test_unsupported(score, name) -> None:
    assert score(name) == {"accuracy": 0.0}


def test_test_name_is_needed(make, matcher) -> None:
    measurement = make("x")
    del measurement["test_name"]
    with pytest.raises(Unscorable):
        score_measurement(measurement, matcher)


def test_dispatch_names() -> None:
    expected = """telegram facebook_messenger http_header_field_manipulation http_invalid_request_line
    whatsapp vanilla_tor web_connectivity ndt tcp_connect dash meek_fronted_requests_test psiphon tor
    http_requests dns_consistency signal stunreachability torsf riseupvpn openvpn browser_web"""
    assert set(SCORERS) == set(expected.split())
