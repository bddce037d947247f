"""Whatever happens to a file, reading it ends, raises nothing, and gives whole bodies."""

import io
import tarfile

from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.archive.reading import Found, Problem, read
from oonib.archive.reading.lines import batches

from support.cans import gz, lz, post, report, tar

_UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"
_LINES = b'{"measurement_start_time":"2014-08-07 14:10:50","measurement_uid":"u"}\n{}\n{"b":[1,{"c":"d"}]}\n'
_REQUESTS = b"""&a input: x
requests:
- request: {url: 'shttp://a', headers: [[A, [b]]], tor: true}
  response: &b {body: c}
"""
_QUERIES = b"""tampering: {8.8.8.8: true}
queries: [{query: "[Query('a', 1, 1)]", answers: [[<RR type=A ttl=1>, <A>]]}]
"""
_YAML = report(_REQUESTS, _QUERIES, header=b"test_name: http_requests\n")
_DNS = report(_QUERIES, header=b"test_name: dns_consistency\n")
_TAR = [(f"a/{'long/' * 30}{_UID}.post", post(_LINES[:-1].split(b"\n")[0])), ("b.post", post(b"{}"))]
FILES = {
    "x.tar.gz": gz(tar(_TAR)),
    "y.tar.gz": tar(_TAR, tarfile.PAX_FORMAT),
    "x.jsonl.gz": gz(_LINES) + gz(_LINES),
    "x.jsonl": _LINES,
    "x.json.lz4": lz(_LINES),
    "x.tar.lz4": lz(tar([("a.json", _LINES), ("b.yaml", _YAML)])),
    "y.tar.lz4": tar([("a.json", _LINES), ("b.yaml", _YAML)]),
    "x.yaml.lz4": lz(_YAML),
    "x.yaml": _YAML,
    "y.yaml": _DNS,
    "x.post": post(b'{"a":1}'),
    "x.json": b'{"a":\n1}',
}

_MARKS = [b"\n", b"...\n", b"---\n", b"*b", b"!!"]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file with bytes changed, taken out, put in, or cut off."""
    name = draw(st.sampled_from(sorted(FILES)))
    data = bytearray(FILES[name])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.sampled_from([0, 1, 1, 1, 7, 512]))
        data[at : at + gone] = draw(
            st.binary(max_size=4) | st.sampled_from([b"\n", b"...\n", b"---\n", b"*b", b"!!"])
        )
    return name, bytes(data[: draw(st.sampled_from([len(data), draw(st.integers(0, len(data)))]))])


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damage_never_raises(file: tuple[str, bytes]) -> None:
    name, data = file
    for item in read(io.BytesIO(data), name):
        assert item.place.startswith(name)
        if isinstance(item, Found):
            assert item.body
            assert b"\n" not in item.body or ".post" in item.place
        else:
            assert isinstance(item, Problem)
            assert item.reason.replace("_", "").isalnum()


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=300))
def test_anything_under_any_name(name: str, data: bytes) -> None:
    list(read(io.BytesIO(data), name))


# No piece is longer than the longest line, as in the program.
@given(st.lists(st.binary(max_size=10)), st.integers(10, 30))
def test_lines_are_those_of_the_whole(pieces: list[bytes], longest: int) -> None:
    got = list(batches(pieces, longest))
    whole = b"".join(pieces)
    expected = whole.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert [line for batch in got for line in batch.lines] == [
        line if len(line) <= longest else None for line in expected
    ]
    numbers = [batch.first + n for batch in got for n in range(len(batch.lines))]
    assert numbers == list(range(len(expected)))
    assert all(batch.ended for batch in got) == (whole == b"" or whole.endswith(b"\n"))
