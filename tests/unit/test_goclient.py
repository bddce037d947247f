"""The strict reader of answers refuses what the probes' client refuses, else tests over it prove little."""

import json

import httpx
import pytest

from support.goclient import BOOL, CHECK_IN, FLOAT, INT, STRING, TIME, GoError, ListOf, MapOf, decode, read


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, {}),
        ([], {}),
        ({}, ListOf(STRING)),
        ({"v": "1"}, {"v": INT}),
        ({"v": 1.0}, {"v": INT}),
        ({"v": True}, {"v": INT}),
        ({"v": 2**63}, {"v": INT}),
        ({"v": "0.1"}, {"v": FLOAT}),
        ({"v": 1}, {"v": STRING}),
        ({"v": 0}, {"v": BOOL}),
        ({"v": "2026-03-02 10:15:30"}, {"v": TIME}),
        ({"v": {"a": "true"}}, {"v": MapOf(BOOL)}),
        ({"v": ["a", 1]}, {"v": ListOf(STRING)}),
        ({"conf": {"features": {"x": "y"}}}, CHECK_IN),
    ],
)
def test_what_the_client_refuses(value: object, kind: object) -> None:
    with pytest.raises(GoError):
        decode(json.dumps(value).encode(), kind)


def test_nulls_and_missing_keys_become_zero_values() -> None:
    kind = {"a": STRING, "b": INT, "c": BOOL, "d": ListOf(INT), "e": MapOf(INT), "f": {"g": STRING}}
    zero = {"a": "", "b": 0, "c": False, "d": [], "e": {}, "f": {"g": ""}}
    assert decode(b"{}", kind) == zero
    assert decode(b'{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"z":1}', kind) == zero


@pytest.mark.parametrize("status", [201, 204, 302, 400, 503])
def test_only_200_is_a_success(status: int) -> None:
    with pytest.raises(GoError):
        read(httpx.Response(status, content=b"{}"), {})


def test_an_answer_that_is_too_large_is_refused() -> None:
    with pytest.raises(GoError):
        decode(b'{"a":"' + b"x" * 2**24 + b'"}', {})
