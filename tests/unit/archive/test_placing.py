"""Lines of files that are there already, with their places: each place leads back to its line."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.archive.gunzip import BadArchive, nth_line, unpacked
from oonib.archive.placing import Member, TextLine, lines_and_members

lines_st = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")), max_size=20)


@given(lines_st, st.lists(st.integers(0, 600), max_size=6), st.integers(1, 50), st.integers(0, 9))
def test_every_place_leads_to_its_line(lines: list[bytes], cuts: list[int], piece: int, padding: int) -> None:
    text = b"".join(line + b"\n" for line in lines)
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    packed = b"".join(gzip.compress(text[start:end]) + bytes(padding) for start, end in pairwise(bounds))
    found: list[bytes] = []
    waiting: list[TextLine] = []
    for item in lines_and_members(packed[at : at + piece] for at in range(0, len(packed), piece)):
        if isinstance(item, TextLine):
            found.append(item.text)
            waiting.append(item)
            continue
        member = packed[item.offset : item.offset + item.length]
        for line in waiting:
            if line.number_in_member is not None:
                assert nth_line(unpacked([member]), line.number_in_member) == line.text
        waiting.clear()
    assert found == lines


def test_a_line_over_two_members_has_no_place_in_either() -> None:
    first, second = gzip.compress(b"a\nb"), gzip.compress(b"c\nd\n")
    assert list(lines_and_members([first + second])) == [
        TextLine(b"a", 0),
        Member(0, len(first)),
        TextLine(b"bc", None),
        TextLine(b"d", 1),
        Member(len(first), len(second)),
    ]


def test_a_last_line_without_an_end_counts() -> None:
    assert [item for item in lines_and_members([gzip.compress(b"a\nb")]) if isinstance(item, TextLine)] == [
        TextLine(b"a", 0),
        TextLine(b"b", None),
    ]


@pytest.mark.parametrize("packed", [b"plain text", gzip.compress(b"a\nb\n" * 1000)[:-9]])
def test_what_is_not_whole_gzip_is_refused(packed: bytes) -> None:
    with pytest.raises(BadArchive):
        list(lines_and_members([packed]))


def test_output_is_bounded_while_a_bomb_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oonib.archive.placing.LONGEST_LINE", 1_000_000)
    with pytest.raises(BadArchive, match="longer than"):
        list(lines_and_members([gzip.compress(bytes(50_000_000))]))
