"""One line less in a gzip file, and every other byte of it where it was."""

import gzip
import io
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from oonib.archive.gunzip import nth_line, unpacked
from oonib.archive.removal.gzipping import NoSuchLine, member_of, without_line
from oonib.archive.writers import LinesWriter

LINES = st.lists(
    st.binary(min_size=1, max_size=60).map(lambda b: b"{" + b.hex().encode() + b"}"), min_size=1, max_size=30
)


def can(folder: Path, lines: list[bytes]) -> bytes:
    with LinesWriter(folder / "lines.gz") as writer:
        for line in lines:
            writer.add(line)
        writer.finish()
    return (folder / "lines.gz").read_bytes()


@given(LINES, st.data())
def test_only_that_line_is_gone(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    whole = can(tmp_path_factory.getbasetemp(), lines)
    number = data.draw(st.integers(0, len(lines) - 1))
    line, changed = without_line(whole, number)
    assert line == lines[number]
    assert len(changed) == len(whole)
    assert gzip.decompress(changed).splitlines() == [*lines[:number], b"{}", *lines[number + 1 :]]
    assert without_line(changed, number) == (b"{}", changed)


def test_members_of_other_lines_are_untouched(tmp_path: Path) -> None:
    lines = [b'{"n":%d,"x":"%s"}' % (n, os.urandom(200_000).hex().encode()) for n in range(9)]
    with LinesWriter(tmp_path / "lines.gz") as writer:
        for line in lines:
            writer.add(line)
        _, places = writer.finish()
    whole = (tmp_path / "lines.gz").read_bytes()
    assert len({place.member_offset for place in places}) > 3
    for number in (0, 4, 8):
        _, changed = without_line(whole, number)
        assert len(changed) == len(whole)
        for place, line in zip(places, lines, strict=True):
            member = changed[place.member_offset : place.member_offset + place.member_length]
            wanted = b"{}" if place.linenum == number else line
            assert nth_line(unpacked((member,)), place.line_in_member) == wanted
        assert lines[number][:60] not in changed


@given(
    st.binary(max_size=200), st.integers(0, 400) | st.sampled_from([65_536, 65_537, 65_538, 65_539, 200_000])
)
def test_every_reader_of_gzip_skips_what_fills_it(text: bytes, more: int) -> None:
    least = len(zlib.compress(text, 9, wbits=31)) + 30
    member = member_of(text, least + more)
    assert len(member) == least + more
    assert gzip.decompress(member) == text
    assert b"".join(unpacked((member,))) == text
    assert gzip.GzipFile(fileobj=io.BytesIO(member)).read() == text


@pytest.mark.parametrize("left", [0, 1, 2, 3, 5, 6])
def test_the_smallest_gaps(left: int) -> None:
    text = b'{"a":1}\n'
    bare = next(n for n in range(18, 60) if _fits(text, n))
    member = member_of(text, bare + left)
    assert len(member) == bare + left
    assert gzip.decompress(member) == b"".join(unpacked((member,))) == text


def _fits(text: bytes, length: int) -> bool:
    try:
        member_of(text, length)
    except NoSuchLine:
        return False
    return True


@pytest.mark.parametrize("data", [b"", b"no gzip", isal_zlib.compress(b"{}\n{", wbits=31), b"\x1f\x8b"])
def test_what_has_no_such_line(data: bytes) -> None:
    with pytest.raises(NoSuchLine):
        without_line(data, 5)


def test_a_can_of_others_in_one_member() -> None:
    lines = [b'{"n":%d}' % n for n in range(500)]
    whole = gzip.compress(b"\n".join(lines) + b"\n", 9)
    line, changed = without_line(whole, 77)
    assert (line, len(changed)) == (b'{"n":77}', len(whole))
    assert gzip.decompress(changed).splitlines()[76:79] == [lines[76], b"{}", lines[78]]
