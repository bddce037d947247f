"""Which texts count as JSON (design, section 6, "tolerance"; reliability S3)."""

import contextlib
import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.model import jsontext
from oonib.model.jsontext import MalformedJson

ACCEPTED = [
    (b"{}", {}),
    (b' \n{"a" : [1, 2.5, null, true]}\t', {"a": [1, 2.5, None, True]}),
    (b'{"a": 1, "a": 2}', {"a": 2}),
    (b'{"a": "\\ud800"}', {"a": "\ud800"}),
    (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    (b'{"a": "\\u0000"}', {"a": "\0"}),
    (
        b'{"s": "\\ud800", "n": 123456789012345678901234567890}',
        {"s": "\ud800", "n": 123456789012345678901234567890},
    ),
    (b'{"s": "\\ud800", "a": 1e400}', {"s": "\ud800", "a": math.inf}),
    (b'{"s": "\\ud800", "n": ' + b"9" * 5000 + b"}", {"s": "\ud800", "n": math.inf}),
    (b"[" * 200 + b"]" * 200, None),
    ('{"caf\u00e9": "\u2603"}'.encode(), {"caf\u00e9": "\u2603"}),
]
REFUSED = {
    "nothing": b"",
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "too deep": b"[" * 201 + b"]" * 201,
    "far too deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 300 + b"1" + b"}" * 300,
    "deep and lenient": b'["\\ud800",' + b"[" * 5000 + b"]" * 5000 + b"]",
    "invalid utf-8": b'{"a": "\xff"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "raw control character": b'{"a": "\x01"}',
    "raw line break": b'{"a": "x\ny"}',
    "raw nul": b'{"a": "\x00"}',
    "trailing data": b"{} x",
    "trailing comma": b'{"a": 1,}',
    "truncated": b'{"a": ',
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize(("raw", "value"), ACCEPTED)
def test_accepted(raw: bytes, value: object) -> None:
    parsed = jsontext.loads(raw)
    assert value is None or parsed == value


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(MalformedJson) as caught:
        jsontext.loads(raw)
    assert caught.value.reason


def test_values_are_bounded_but_commas_in_strings_are_not_values() -> None:
    with pytest.raises(MalformedJson, match="values"):
        jsontext.loads(b"[" + b"1," * (jsontext.MAX_VALUES + 1) + b"1]")
    text = b'["' + b"," * (jsontext.MAX_VALUES + 1) + b'"]'
    assert len(jsontext.loads(text)) == 1  # type: ignore[arg-type]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_agrees_with_the_standard_library(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        with pytest.raises(MalformedJson):
            jsontext.loads(text)
    else:
        assert jsontext.loads(text) == value


@given(st.binary(max_size=60))
def test_never_raises_anything_else(raw: bytes) -> None:
    with contextlib.suppress(MalformedJson):
        jsontext.loads(raw)


def hostile(escapes: int) -> bytes:
    return b"[" + b"," * (jsontext.MAX_VALUES + 1) + b'"' + b'\\"' * escapes


def test_counting_values_takes_time_in_proportion_whatever_is_sent() -> None:
    # Matched with going back, each of these quotes would begin a search to the end of the text.
    started = time.process_time()
    with pytest.raises(MalformedJson, match="values"):
        jsontext.loads(hostile(200_000))
    assert time.process_time() - started < 10
