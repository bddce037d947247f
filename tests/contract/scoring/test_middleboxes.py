"""Fastpath contract 3.4 http_header_field_manipulation, 3.5 http_invalid_request_line."""

import json

import pytest

from oonib.scoring import Unscorable

SENT = {"aCcEpT": "*/*", "hOsT": "x"}


def _exchange(arrived: object, sent: object = SENT) -> dict[str, object]:
    return {
        "request": {"headers": sent},
        "response": {"body": json.dumps({"headers_dict": arrived})},
        "failure": "ignored",
    }


MALFORMED = {"blocking_general": 1.0, "msg": "Malformed ctrl_headers"}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (_exchange({"aCcEpT": ["*/*"], "hOsT": ["x"]}), {}),
        (_exchange({"aCcEpT": ["*/*"], "hOsT": ["x"], "Connection": ["close"]}), {}),
        (
            _exchange({"aCcEpT": ["*/*"], "hOsT": ["x"], "Connection": ["keep-alive"]}),
            {"blocking_general": 1.1, "msg": "1 unexpected header change"},
        ),
        (
            _exchange({"Accept": ["*/*"], "hOsT": ["x"]}),
            {"blocking_general": 1.1, "msg": "2 unexpected header change"},
        ),
        (
            {"response": {"body": '{"headers_dict": {"a": ["b"]}}'}},
            {"blocking_general": 1.1, "msg": "1 unexpected header change"},
        ),
        ({"response": None}, {"accuracy": 0.0}),
        (
            {"response": {"body": None}},
            {"blocking_general": 1.0, "total_tampering": True, "msg": "Empty body"},
        ),
        ({}, {"blocking_general": 1.0, "total_tampering": True, "msg": "Empty body"}),
        ({"response": {"body": "<html>"}}, MALFORMED),
        ({"response": {"body": "{}"}}, MALFORMED),
        ({"response": {"body": "[]"}}, MALFORMED),
        ({"response": {"body": {"format": "base64", "data": ""}}}, MALFORMED),
    ],
)
def test_http_header_field_manipulation(score, first, expected) -> None:
    assert score("http_header_field_manipulation", {"requests": [first], "tampering": {}}) == expected


def test_an_answer_no_helper_gives_is_not_parsed(score) -> None:
    body = '{"headers_dict": {}, "padding": [' + "{}," * 1_400_000 + "0]}"
    first = {"request": {"headers": {}}, "response": {"body": body}}
    assert score("http_header_field_manipulation", {"requests": [first]}) == MALFORMED


@pytest.mark.parametrize("requests", [None, []])
def test_no_exchange(score, requests) -> None:
    assert score("http_header_field_manipulation", {"requests": requests}) == {"accuracy": 0.0}


@pytest.mark.parametrize("first", [None, _exchange([]), _exchange({"a": []}), _exchange({}, sent=[])])
def test_unscorable_exchange(score, first) -> None:
    with pytest.raises(Unscorable):
        score("http_header_field_manipulation", {"requests": [first]})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"sent": ["a", "b"], "received": ["a", "b"]}, {}),
        ({"sent": ["a", "b"], "received": ["a", "x"]}, {"blocking_general": 1.0}),
        ({"sent": ["a", "b"], "received": ["a"]}, {}),
        ({"sent": ["a"], "received": []}, {}),
        ({"sent": ["a"], "received": [""]}, {"blocking_general": 1.0}),
        ({"sent": "ab", "received": "ax"}, {"blocking_general": 1.0}),
        ({"sent": [], "received": []}, {"accuracy": 0.0}),
        ({"tampering": True}, {"accuracy": 0.0}),
        ({"sent": ["a"], "received": ["a"], "tampering": True}, {}),
    ],
)
def test_http_invalid_request_line(score, keys, expected) -> None:
    assert score("http_invalid_request_line", keys) == expected


def test_null_lines(score) -> None:
    with pytest.raises(Unscorable):
        score("http_invalid_request_line", {"sent": None})
