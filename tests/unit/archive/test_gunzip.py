"""Lines out of gzip of any shape, within bounds."""

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.archive import gunzip
from oonib.archive.gunzip import BadArchive, nth_line, unpacked

lines_st = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")), max_size=30)


@given(lines_st, st.integers(1, 50), st.integers(0, 35), st.integers(1, 7))
def test_any_line_in_any_pieces(lines: list[bytes], piece: int, number: int, member_lines: int) -> None:
    packed = b"".join(
        gzip.compress(b"".join(line + b"\n" for line in lot))
        for lot in itertools.zip_longest(*[iter(lines)] * member_lines, fillvalue=b"")
    )
    expected = [
        line for lot in itertools.zip_longest(*[iter(lines)] * member_lines, fillvalue=b"") for line in lot
    ]
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]
    found = nth_line(unpacked(pieces), number)
    assert found == (expected[number] if number < len(expected) else None)


def test_a_last_line_without_an_end_counts() -> None:
    assert nth_line(unpacked([gzip.compress(b"a\nb")]), 1) == b"b"


@pytest.mark.parametrize("packed", [b"plain text", gzip.compress(b"a\nb\n" * 1000)[:-9]])
def test_what_is_not_whole_gzip_is_refused(packed: bytes) -> None:
    with pytest.raises(BadArchive):
        nth_line(unpacked([packed]), 10_000)


def test_a_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "_LARGEST_FILE", 10 * 1024 * 1024)
    monkeypatch.setattr(gunzip, "LONGEST_LINE", 4 * 1024 * 1024)
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 1)
    with pytest.raises(BadArchive, match="longer"):
        nth_line(unpacked([bomb]), 0)
    with pytest.raises(BadArchive, match="more than"):
        nth_line(unpacked([bomb]), 1)
