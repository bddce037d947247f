"""Fastpath contract 3.2 telegram, 3.3 facebook_messenger, 3.6 whatsapp, 3.9 signal."""

from typing import Any

import pytest

from oonib.scoring import Unscorable

WEB, REGISTRATION = "https://web.whatsapp.com/", "https://v.whatsapp.net/v2/register"


def _endpoints(*results: object) -> list[dict[str, Any]]:
    return [{"status": {"success": result}} for result in results]


def _visits(**failures: object) -> list[dict[str, Any]]:
    return [{"request": {"url": url}, "failure": failure} for url, failure in failures.items()]


TELEGRAM_EMPTY = {
    "web_failure": None,
    "accessible_endpoints": 0,
    "unreachable_endpoints": 0,
    "http_success_cnt": 0,
    "http_failure_cnt": 0,
}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"blocking_general": 1.0} | TELEGRAM_EMPTY),
        (
            {"tcp_connect": _endpoints(True, False, None), "requests": _visits(a=None)},
            {"blocking_general": 0.5}
            | TELEGRAM_EMPTY
            | {"accessible_endpoints": 1, "unreachable_endpoints": 1, "http_success_cnt": 1},
        ),
        (
            {
                "tcp_connect": _endpoints(False),
                "requests": _visits(a="eof"),
                "telegram_web_status": "blocked",
            },
            {"blocking_general": 3.0} | TELEGRAM_EMPTY | {"unreachable_endpoints": 1, "http_failure_cnt": 1},
        ),
        (
            {
                "tcp_connect": _endpoints(True),
                "requests": _visits(**{"https://web.telegram.org/": "eof", "a": None}),
            },
            TELEGRAM_EMPTY
            | {"accessible_endpoints": 1, "http_success_cnt": 1, "web_failure": "eof", "msg": "failure: eof"},
        ),
        (
            {"tcp_connect": _endpoints(True), "requests": _visits(**{"https://web.telegram.org": "eof"})},
            {"blocking_general": 1.0} | TELEGRAM_EMPTY | {"accessible_endpoints": 1, "http_failure_cnt": 1},
        ),
        ({"requests": [{"request": {}, "failure": None}]}, {"accuracy": 0.0}),
        ({"requests": None}, {"blocking_general": 1.0} | TELEGRAM_EMPTY),
    ],
)
def test_telegram(score, keys, expected) -> None:
    assert score("telegram", keys) == expected


def test_telegram_without_failure_key(score) -> None:
    with pytest.raises(Unscorable):
        score("telegram", {"requests": [{"request": {"url": "a"}}]})


ALL_TRUE = {
    f"facebook_{name}_{sign}": True
    for name in ("b_api", "b_graph", "edge", "external_cdn", "scontent_cdn", "star")
    for sign in ("dns_consistent", "reachable")
} | {"facebook_stun_dns_consistent": True, "facebook_tcp_blocking": False, "facebook_dns_blocking": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"facebook_star_reachable": False}, {"blocking_general": 0.5, "facebook_star_reachable": False}),
        (
            {"facebook_b_api_reachable": False, "facebook_tcp_blocking": True},
            {"blocking_general": 1.0, "facebook_b_api_reachable": False, "facebook_tcp_blocking": True},
        ),
        ({"facebook_dns_blocking": True}, {}),
        ({"facebook_dns_blocking": True, "facebook_external_cdn_reachable": False}, {}),
        (
            {"facebook_dns_blocking": True, "facebook_edge_reachable": None},
            {"blocking_general": 0.5, "facebook_dns_blocking": True},
        ),
        ({"facebook_star_reachable": "false", "facebook_edge_reachable": 0}, {}),
    ],
)
def test_facebook_messenger(score, changes, expected) -> None:
    assert score("facebook_messenger", ALL_TRUE | changes) == expected


def test_facebook_messenger_limits(score) -> None:
    assert score("facebook_messenger", None) == {}
    everything = {key: key in ("facebook_tcp_blocking", "facebook_dns_blocking") for key in ALL_TRUE}
    assert score("facebook_messenger", everything)["blocking_general"] == 7.5


def _analysis(*, endpoints: bool) -> dict[str, Any]:
    return {
        "analysis": {
            "registration_server_accessible": True,
            "whatsapp_web_accessible": True,
            "whatsapp_endpoints_accessible": endpoints,
        }
    }


REACHED = _visits(**{WEB: None, REGISTRATION: None})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"requests": REACHED, "tcp_connect": _endpoints(False, True)}, _analysis(endpoints=True)),
        (
            {"requests": REACHED, "tcp_connect": _endpoints(False)},
            {"blocking_general": 1.0} | _analysis(endpoints=False),
        ),
        ({"requests": REACHED}, {"accuracy": 0.0} | _analysis(endpoints=False)),
        ({"requests": []}, {"accuracy": 0.0}),
        ({"requests": None}, {"accuracy": 0.0}),
        ({"requests": _visits(**{WEB: None})}, {"accuracy": 0.0}),
        ({"requests": _visits(**{"http://web.whatsapp.com/": None, REGISTRATION: None})}, {"accuracy": 0.0}),
        ({"requests": _visits(**{WEB: "eof", REGISTRATION: None})}, {"blocking_general": 1.0}),
        ({"requests": _visits(**{WEB: None, REGISTRATION: ""})}, {"blocking_general": 1.0}),
        (
            {"requests": [{"request": {"url": WEB}}, *_visits(**{REGISTRATION: None})]},
            {"blocking_general": 1.0},
        ),
        (
            {
                "requests": [*_visits(**{WEB: ""}), {"request": {"url": REGISTRATION}}],
                "tcp_connect": _endpoints(True),
            },
            _analysis(endpoints=True),
        ),
        (
            {"requests": REACHED, "tcp_connect": _endpoints(True), "x_failure": "unknown_failure"},
            {"accuracy": 0.0} | _analysis(endpoints=True),
        ),
        ({"requests": REACHED, "whatsapp_web_failure": "unknown_failure 'ascii' codec"}, {"accuracy": 0.0}),
    ],
)
def test_whatsapp(score, keys, expected) -> None:
    assert score("whatsapp", keys) == expected


@pytest.mark.parametrize("entry", [None, {"request": None}])
def test_whatsapp_null_request(score, entry) -> None:
    with pytest.raises(Unscorable):
        score("whatsapp", {"requests": [entry]})


BLOCKED = {"failed_operation": None, "failure": None, "signal_backend_status": "blocked"}
BLOCKED_SCORES = {"blocking_general": 1.0, "analysis": {"signal_backend_failure": None}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (BLOCKED | {"signal_backend_status": "ok"}, {}),
        (BLOCKED, BLOCKED_SCORES),
        (BLOCKED | {"failure": "eof"}, {"accuracy": 0.0} | BLOCKED_SCORES),
        (BLOCKED | {"failure": ""}, BLOCKED_SCORES),
        (BLOCKED | {"signal_backend_status": None}, {"accuracy": 0.0}),
        ({}, {"accuracy": 0.0}),
        ({"signal_backend_status": "ok", "failure": None}, {"accuracy": 0.0}),
    ],
)
def test_signal(score, keys, expected) -> None:
    assert score("signal", keys) == expected


@pytest.mark.parametrize(
    ("version", "engine", "start", "scored"),
    [
        ("0.2.4", "3.22.0", "2024-05-06 00:00:00", False),
        ("0.2.4", "3.22.0", "2020-05-06 00:00:00", False),
        ("0.2.3", "3.22.0", "2023-11-07 00:00:00", False),
        ("0.2.3", "3.22.0", "2023-11-06 23:59:59", True),
        ("0.2.10", "3.22.0", "2024-05-06 00:00:00", True),
        ("0.2.1", "3.22.0", "2022-10-19 00:00:00", False),
        ("0.2.1", "3.22.0", "2022-10-18 23:59:59", True),
        ("0.2.2", "3.22.0", "2022-10-19 00:00:00", True),
        ("0.2.5", "3.17.2-alpha", "2023-05-02 00:00:00", False),
        ("0.2.5", "3.17.2-alpha", "2023-05-01 23:59:59", True),
        ("0.2.5", "3.17.2", "2023-05-02 00:00:00", True),
        ("0.2.5", None, "2023-05-02 00:00:00", False),
        ("garbage", "3.22.0", "2024-05-06 00:00:00", False),
        ("0.2.5", "garbage", "2020-05-06 00:00:00", False),
        ("0.2.5", "3.22.0", None, False),
        ("0.2.5", "3.22.0", "yesterday", False),
    ],
)
def test_signal_versions(score, version, engine, start, scored) -> None:
    found = score(
        "signal",
        BLOCKED,
        test_version=version,
        annotations={"engine_version": engine},
        measurement_start_time=start,
    )
    assert found == (BLOCKED_SCORES if scored else {"accuracy": 0.0})


def test_signal_version_that_no_number_can_hold(score) -> None:
    with pytest.raises(Unscorable, match="test_version has a number that is too long"):
        score("signal", BLOCKED, test_version="1." + "9" * 5000)
