"""The short way of reading an envelope says what a full parse says, or nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.model import jsontext
from oonib.model.envelope import content_span
from oonib.model.glance import CLAIMS, glance

REFUSED = [
    b"",
    b"[]",
    b'{"content":{}',
    b'{"content":{}}x',
    b'{"content":{"a":01}}',
    b'{"content":{"a":1.}}',
    b'{"content":{"a":NaN}}',
    b'{"content":{"a":-Infinity}}',
    b'{"content":{"a":"\\x"}}',
    b'{"content":{"a":"\\u12"}}',
    b'{"content":{"a":"\t"}}',
    b'{"content":{"a":[1,]}}',
    b'{"content":{"a":[1 2]}}',
    b'{"content":{1:1}}',
    b'{"content":{"a":"\xff"}}',
    b'{"content":{"a":"\xed\xa0\x80"}}',
    b'{"content":{"\xff":1}}',
    b'\xef\xbb\xbf{"content":{}}',
    b'{"content":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
]


@pytest.mark.parametrize("raw", REFUSED)
def test_what_is_refused_or_odd_is_left_to_the_full_parse(raw: bytes) -> None:
    assert glance(raw) is None


def test_the_last_of_several_counts() -> None:
    seen = glance(b'{"content":1,"is_verified":"t","content":{"probe_cc":"IT","probe_cc":"B\\u0052"}}')
    assert seen is not None
    assert (seen.claims, "is_verified" in seen.members) == ({"probe_cc": "BR"}, True)
    assert seen.content == b'{"probe_cc":"IT","probe_cc":"B\\u0052"}'


def test_a_claim_of_another_type_is_left_to_the_full_parse() -> None:
    assert glance(b'{"content":{"probe_cc":null}}') is None


pieces = st.sampled_from(
    [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\\",
            b" ",
            b"\n",
            b"0",
            b"1",
            b"-",
            b".",
            b"e",
            b"true",
        ),
        *(b"null", b'"content"', b'"content":{', b'"probe_cc":"IT"', b'"test_name":', b'"is_verified":"t"'),
        *(b"\\u0063", b"\\ud800", b"\xc3\xa9", b"\xff", b"\x00", b"NaN", b'"a":1', b'""'),
    ]
)
whole = st.just(
    b'{"format":"json","content":{"probe_cc":"IT","probe_asn":"AS1","test_name":"x","n":[1,{"a":"\xc3\xa9"}]}}'
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A text near an envelope."""
    raw = draw(whole)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(pieces) + raw[at + draw(st.integers(0, 3)) :]
    return raw


@given(damaged() | st.lists(pieces, max_size=30).map(b"".join))
def test_whatever_is_seen_is_what_a_full_parse_finds(raw: bytes) -> None:
    seen = glance(raw)
    if seen is None:
        return
    value = jsontext.loads(raw)
    assert isinstance(value, dict)
    assert seen.members == value.keys()
    assert seen.claims == {name: value["content"][name] for name in CLAIMS if name in value["content"]}
    assert json.loads(seen.content) == value["content"]
    assert seen.content == content_span(raw)
