"""Uids made from bytes: their shape, what they depend on, and that nothing makes them fail."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.fastpath.offline import made_uid
from oonib.model.uid import is_uid

BODY = {"probe_cc": "it", "test_name": "web_connectivity", "measurement_start_time": "2026-03-02 23:59:30"}


def text(**changes: object) -> bytes:
    return json.dumps(BODY | changes).encode()


def test_as_if_received_a_minute_after_it_started() -> None:
    digest = hashlib.sha512(text()).hexdigest()[:16]
    assert made_uid(text()) == f"20260303000030.000000_IT_webconnectivity_{digest}"
    assert made_uid(b"\n " + text() + b"\r\n") == made_uid(text())


def test_an_envelope_tells_the_same_and_has_its_own_digest() -> None:
    envelope = b'{"format":"json","content":' + text() + b"}"
    assert made_uid(envelope)[:-17] == made_uid(text())[:-17]
    assert made_uid(envelope)[-16:] == hashlib.sha512(envelope).hexdigest()[:16]


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({"measurement_start_time": None}, "00000000"),
        ({"measurement_start_time": "yesterday"}, "00000000"),
        ({"measurement_start_time": "1999-12-31 00:00:00"}, "19991231"),
        ({"probe_cc": "I"}, "20260302"),
        ({"probe_cc": 5}, "20260302"),
        ({"test_name": "Ünknown"}, "20260302"),
        ({"test_name": "_"}, "20260302"),
    ],
)
def test_what_does_not_fit_gets_the_shape_of_old(changes: dict[str, object], day: str) -> None:
    body = text(**changes)
    assert made_uid(body) == f"01{day}{hashlib.shake_128(body).hexdigest(15)}"


def test_empty() -> None:
    assert made_uid(b"") == "01000000007f9c2ba4e88f827d616045507605" + "85"


@given(
    st.binary()
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_always_a_uid(body: bytes) -> None:
    assert is_uid(made_uid(body))
    assert made_uid(body) == made_uid(body)
