"""The mark of verification goes in, the measurement's bytes stay (design, section 6, "envelope")."""

import json
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.model import jsonspan
from oonib.model.envelope import BadEnvelope, build_envelope, read_envelope, with_report_id, with_verdict
from oonib.model.jsontext import MalformedJson

STORED = {
    "plain": (
        b'{"format":"json","content":{"a":1}}',
        b'{"format":"json","content":{"a":1},"is_verified":"u"}',
    ),
    "claimed": (
        b'{"is_verified":"t","format":"json","content":{"a":1}}',
        b'{"format":"json","content":{"a":1},"is_verified":"u"}',
    ),
    "claimed twice, once escaped": (
        b'{"is_verified":"t" , "content": {"a": [1 ,2]}, "is\\u005fverified":{"x":"}"}}',
        b'{"content": {"a": [1 ,2]},"is_verified":"u"}',
    ),
    "claimed inside": (
        b'{"content":{"is_verified":"t"},"format":"json"}',
        b'{"content":{"is_verified":"t"},"format":"json","is_verified":"u"}',
    ),
    "white space": (b' { "content" : {} } \n', b' { "content" : {},"is_verified":"u"}'),
    "lone surrogate": (b'{"content":{"a":"\\ud800"}}', b'{"content":{"a":"\\ud800"},"is_verified":"u"}'),
}


@pytest.mark.parametrize(("raw", "stored"), STORED.values(), ids=STORED.keys())
def test_stored_bytes(raw: bytes, stored: bytes) -> None:
    assert with_verdict(read_envelope(raw), "u") == stored


@pytest.mark.parametrize(
    "raw", [b"[]", b'"x"', b"null", b"{}", b'{"content":"x"}', b'{"content":null}', b'{"content":[]}']
)
def test_not_an_envelope(raw: bytes) -> None:
    with pytest.raises(BadEnvelope):
        read_envelope(raw)


def test_not_json() -> None:
    with pytest.raises(MalformedJson):
        read_envelope(b"{")


def test_the_last_content_counts() -> None:
    envelope = read_envelope(b'{"content":{"a":1},"content":{"a": 2}}')
    assert envelope.content_bytes == b'{"a": 2}'


def test_submit_measurement_envelope() -> None:
    built = build_envelope(b'{"a": 1}', "f", protocol="0.1.0", manifest=None)
    assert built == (
        b'{"content":{"a": 1},"format":"json","protocol_version":"0.1.0",'
        b'"manifest_version":null,"is_verified":"f"}'
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{}", b'{"report_id":"R"}'),
        (b'{"a": 1 }', b'{"a": 1,"report_id":"R"}'),
        (b"{ } ", b'{"report_id":"R"}'),
    ],
)
def test_report_id_is_added_last(content: bytes, expected: bytes) -> None:
    assert with_report_id(content, "R") == expected


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
keys = st.sampled_from(["is_verified", "format", "x", "", 'q"}{', "is\u005fverified", "\\"])


@given(
    st.dictionaries(keys, values, max_size=4),
    st.dictionaries(st.text(), values),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_content_is_never_touched(
    around: dict[str, object], content: dict[str, object], ascii_only: bool, indent: int | None
) -> None:
    inner = json.dumps(content, ensure_ascii=ascii_only, indent=indent)
    outer = json.dumps({**around, "content": "@@"}, indent=indent).replace('"@@"', inner)
    raw = outer.encode("utf-8", "replace")
    envelope = read_envelope(raw)
    stored = with_verdict(envelope, "u")
    again = read_envelope(stored)
    assert envelope.content_bytes == inner.encode("utf-8", "replace")
    assert again.content_bytes == envelope.content_bytes
    assert [m.key for m in jsonspan.members(stored)].count("is_verified") == 1
    assert json.loads(stored) == {**json.loads(raw), "is_verified": "u"}


@given(st.dictionaries(st.text(max_size=4), values, max_size=5), st.sampled_from([None, 0, 2]))
def test_members_are_where_they_say(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    found = {
        member.key: json.loads(text[member.value_start : member.end]) for member in jsonspan.members(text)
    }
    assert found == value


def test_a_body_of_escapes_alone_takes_little_memory() -> None:
    raw = b'{"content":{"a":"' + b"\\n" * 2_000_000 + b'"},"is_verified":"t"}'
    envelope = read_envelope(raw)
    # Matching that remembers where it could go back to takes a hundred bytes for each escape.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stored = with_verdict(envelope, "u")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert stored.endswith(b'"},"is_verified":"u"}')
