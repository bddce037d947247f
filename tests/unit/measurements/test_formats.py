"""The forms of answers."""

from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.formats import as_csv, etag, in_pieces, matches


@given(st.lists(st.binary(max_size=30)), st.integers(1, 50))
def test_pieces_are_the_text(texts: list[bytes], size: int) -> None:
    pieces = list(in_pieces(texts, size))
    assert b"".join(pieces) == b"".join(texts)
    assert all(size <= len(piece) < size + 30 for piece in pieces[:-1])


def test_numbers_are_numbers_and_text_is_text() -> None:
    row = [-5, 1.5, None, True, "-5", "=1", "\n=1", "plain"]
    lines = b"".join(as_csv(["a"], [row])).decode()
    assert lines == "a\r\n-5,1.5,,true,'-5,'=1,\"'\n=1\",plain\r\n"


def test_tags_are_of_contents() -> None:
    assert etag(b"a", b"bc") == etag(b"a", b"bc") != etag(b"ab", b"c")
    tag = etag(b"a")
    assert matches(tag, tag)
    assert matches(f'"x", {tag.removeprefix("W/")}', tag)
    assert matches("*", tag)
    assert not matches('"x"', tag)
    assert not matches("", tag)
