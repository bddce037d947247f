"""The file of test helpers: what it may say, and every way to get it wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.helpers import TestHelpers
from oonib.checkin.helpers.entries import KEYS, USUAL, WEB, BadHelpers, Helper, parse_helpers

ONE = {"address": "https://th.example.org", "type": "https"}
FRONTED = {"address": "https://cdn.example.org", "type": "cloudfront", "front": "cdn.example.org"}


def parse(value: Any) -> Any:
    return parse_helpers(json.dumps(value).encode())


def test_what_is_left_out_is_the_usual() -> None:
    lists = parse({WEB: [ONE]})
    assert set(lists) == set(KEYS)
    assert lists[WEB] == (Helper("https://th.example.org", "https"),)
    assert all(lists[key] == USUAL[key] for key in KEYS if key != WEB)


def test_nulls_count_as_left_out() -> None:
    lists = parse({WEB: [{**ONE, "front": None, "weight": None, "state": None}]})
    assert lists[WEB] == (Helper("https://th.example.org", "https"),)


BAD = {
    "empty file": b"",
    "not json": b"{",
    "nan": b'{"tcp-echo": [{"address": "a", "type": "legacy", "weight": NaN}]}',
    "deep": b"[" * 100_000,
    "invalid utf-8": b'{"tcp-echo": "\xff"}',
    "a list": b"[]",
    "unknown list": {"web_connectivity": [ONE]},
    "list is an object": {WEB: {}},
    "empty list": {WEB: []},
    "entry is a text": {WEB: ["https://th.example.org"]},
    "unknown field": {WEB: [{**ONE, "wieght": 1}]},
    "no address": {WEB: [{"type": "https"}]},
    "empty address": {WEB: [{**ONE, "address": ""}]},
    "address is a number": {WEB: [{**ONE, "address": 5}]},
    "address with a line break": {WEB: [{**ONE, "address": "https://a\nb"}]},
    "address not ascii": {WEB: [{**ONE, "address": "https://\u00e9.example"}]},
    "address too long": {WEB: [{**ONE, "address": "h" * 600}]},
    "no type": {WEB: [{"address": "https://th.example.org"}]},
    "unknown type": {WEB: [{**ONE, "type": "http"}]},
    "type is a list": {WEB: [{**ONE, "type": []}]},
    "front is a number": {WEB: [{**FRONTED, "front": 1}]},
    "weight nought": {WEB: [{**ONE, "weight": 0}]},
    "weight negative": {WEB: [{**ONE, "weight": -1}]},
    "weight true": {WEB: [{**ONE, "weight": True}]},
    "weight enormous": {WEB: [{**ONE, "weight": 1e300}]},
    "weight a text": {WEB: [{**ONE, "weight": "10"}]},
    "unknown state": {WEB: [{**ONE, "state": "dead"}]},
    "state is an object": {WEB: [{**ONE, "state": {}}]},
    "all drain": {WEB: [{**ONE, "state": "draining"}]},
    "all canaries": {WEB: [{**ONE, "state": "canary"}]},
    "only fronted": {WEB: [FRONTED]},
    "other list drains": {"tcp-echo": [{"address": "a", "type": "legacy", "state": "draining"}]},
    "too many": {WEB: [ONE] * 1001},
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_refused(content: Any) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(BadHelpers) as caught:
        parse_helpers(raw)
    assert str(caught.value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(KEYS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*KEYS, "address", "type", "front", "weight", "state"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_file_gives_full_lists_or_is_refused(value: Any) -> None:
    try:
        lists = parse(value)
    except BadHelpers:
        return
    answer = TestHelpers(lambda: lists).for_checkin("192.0.2.1")
    assert set(answer) == set(KEYS)
    assert all(answer.values())
    assert json.dumps(answer, ensure_ascii=False).encode()
