"""What a post becomes in the jsonl: its exact content, or `{}` (fastpath contract 11)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oonib.archive.fields import read_fields
from oonib.archive.lines import _Head, line_of, read_line
from oonib.model.envelope import BadEnvelope, content_span
from oonib.model.jsontext import MalformedJson


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b'{"format":"json","content":{"a":1},"is_verified":"u"}', b'{"a":1}'),
        (b'{"content":{"a":1}}', b'{"a":1}'),
        (b'{"format":"JSON","content":{"a":1}}', b'{"a":1}'),
        (b'{"content":{ "a" : 1.50 ,"b":"\\/\\u00e9"}}', b'{ "a" : 1.50 ,"b":"\\/\\u00e9"}'),
        (b'{"content":{\r\n"a":\n1}\n}', b'{"a":1}'),
        (b'{"content":{"a":"\\n"}}', b'{"a":"\\n"}'),
        (b'{"content":{"a":"\\ud800"},"x":"\\udfff"}', b'{"a":"\\ud800"}'),
        (b'{"content":{"a":1},"content":{"b":2}}', b'{"b":2}'),
        (b'{"content":{"a":123456789012345678901234567890}}', b'{"a":123456789012345678901234567890}'),
    ],
)
def test_content_byte_for_byte(stored: bytes, text: bytes) -> None:
    line = read_line(stored)
    assert (line.text, line.problem) == (text, None)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"format":"json"}',
        b'{"format":"json","content":null}',
        b'{"format":"json","content":"text"}',
        b'{"format":"json","content":[1]}',
        b'{"format":"yaml","content":{"a":1}}',
        b'{"format":7,"content":{"a":1}}',
        b'{"content":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_measurement_is_an_empty_line_with_a_reason(stored: bytes) -> None:
    line = read_line(stored)
    assert line.text == b"{}"
    assert line.problem


@pytest.mark.parametrize(
    ("content", "report_id", "input_text"),
    [
        (b'{"report_id":"r","input":"http://x/"}', "r", "http://x/"),
        (b"{}", "", ""),
        (b'{"report_id":null,"input":null}', "", ""),
        (b'{"report_id":3,"input":{"a":1}}', "", ""),
        (b'{"input":["a","b"]}', "", ""),
        (b'{"test_name":"meek_fronted_requests_test","input":["a","b"]}', "", "{a,b}"),
        (b'{"test_name":"meek_fronted_requests_test","input":[]}', "", ""),
        (b'{"report_id":"r","input":"\\ud800x"}', "r", "\ufffdx"),
        (b'{"report_id":"r","input":"http://x/%b"}' % (b"y" * 100_000), "r", "http://x/" + "y" * 16_375),
    ],
)
def test_the_columns_of_a_line(content: bytes, report_id: str, input_text: str) -> None:
    line = read_line(b'{"content":' + content + b"}")
    assert (line.report_id, line.input) == (report_id, input_text)


NAMES = st.sampled_from(
    [
        '"content"',
        '"format"',
        '"x"',
        '"cont\\u0065nt"',
        '"a\\"content\\""',
        '"is_verified"',
        '"the content stood here"',
    ]
)
SPACES = st.sampled_from(["", "", " ", "\n", "\x0b"])
SCALARS = st.sampled_from(
    [
        '"json"',
        '"JSON"',
        '"yaml"',
        '"the content stood here"',
        '"{}"',
        '"\\"content\\":{"',
        "null",
        "7",
        "[]",
        "[{}]",
    ]
)


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> str:
    """Texts that are objects, or nearly: names twice, spelled in odd ways, marks that are forged."""
    values = SCALARS | objects(depth - 1) if depth else SCALARS
    members = draw(st.lists(st.tuples(NAMES, SPACES, values), max_size=4))
    text = ",".join(f"{name}{space}:{space}{value}" for name, space, value in members)
    ending = draw(st.sampled_from(["", "", "", "}", ",", "\\"]))
    return "{" + text + ending + "}" + draw(SPACES)


@given(objects())
@example('{"content":"the content stood here","y":{"a":1}}')
@example('{"x":{"content":{"a":1}},"is_verified":"u"}')
@example('{"content":{"a":1},"cont\\u0065nt":{"b":2},"is_verified":"u"}')
@example('{"content":{"a":1},"content":7}')
@example('{"content":{"a":1},"content":"the content stood here"}')
@example('{"content":{"a":1},"content":"the content stood h\\u0065re"}')
@example('{"content":{"a":1},"x":{"b":2},"is_verified":"u"}')
@example('{"content":{"a":1}},"x":{"b":2}')
def test_a_post_is_read_in_one_way_however_it_is_written(text: str) -> None:
    """The short way gives what a full look at the envelope gives."""
    stored = text.encode()
    found = read_line(stored)
    try:
        is_json = str(read_fields(stored, _Head)["format"]).lower() == "json"
        wanted = line_of(content_span(stored)) if is_json else None
    except (MalformedJson, BadEnvelope, LookupError):
        wanted = None
    if wanted is None or wanted.problem is not None:
        assert found.text == b"{}"
        assert found.problem
    else:
        assert found == wanted
