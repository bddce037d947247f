"""What a post becomes in the jsonl: its exact content, or `{}` (fastpath contract 11)."""

import pytest

from oonib.archive.lines import read_line


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
