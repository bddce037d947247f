"""Content encodings and forms: exact both ways, bounded, and errors that name what is wrong."""

import gzip
import io
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from oonib.warehouse.embedded import multipart
from oonib.warehouse.embedded.codecs import decoder, encoder
from oonib.warehouse.embedded.errors import HttpError, QueryError

PACK = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
}


@pytest.mark.parametrize("name", sorted(PACK))
@given(pieces=st.lists(st.binary(max_size=2000), max_size=5))
def test_what_is_encoded_decodes_to_the_same(name: str, pieces: list[bytes]) -> None:
    chosen = encoder(name)
    assert chosen is not None
    packer = chosen[1]
    packed = b"".join(packer.encode(piece) for piece in pieces) + packer.finish()
    assert multipart.read_all(decoder(name, io.BytesIO(packed)), 20_000) == b"".join(pieces)


@pytest.mark.parametrize("name", sorted(PACK))
def test_a_bomb_comes_in_pieces_no_larger_than_asked_for(name: str) -> None:
    reader = decoder(name, io.BytesIO(PACK[name](b"\0" * 50_000_000)))
    assert 0 < len(reader.read(65536)) <= 65536
    with pytest.raises(HttpError) as caught:
        multipart.read_all(reader, 1_000_000)
    assert caught.value.status == 413


@pytest.mark.parametrize("name", ["gzip", "deflate", "lz4"])
def test_a_truncated_body_is_an_error(name: str) -> None:
    reader = decoder(name, io.BytesIO(PACK[name](b"some text" * 100)[:-6]))
    with pytest.raises(QueryError) as caught:
        multipart.read_all(reader, 10_000)
    assert caught.value.code == 271


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("gzip, zstd", "gzip"),
        ("br, zstd;q=0.5", "zstd"),
        ("zstd;q=0, deflate", "deflate"),
        ("identity", None),
        ("", None),
    ],
)
def test_the_first_encoding_we_speak(accept: str, name: str | None) -> None:
    chosen = encoder(accept)
    assert (chosen and chosen[0]) == name


def form(*parts: str, end: str = "--b--\r\n") -> io.BytesIO:
    return io.BytesIO(("".join(f"--b\r\n{part}\r\n" for part in parts) + end).encode())


def test_fields_and_files_of_a_form() -> None:
    body = form(
        'Content-Disposition: form-data; name="query"\r\n\r\nSELECT 1\r\n\r\n',
        'Content-Disposition: form-data; name="t"; filename="t.csv"\r\nContent-Type: text/csv\r\n\r\n1,2',
    )
    found = multipart.parts(body, "b")
    assert [(part.name, part.filename, part.data) for part in found] == [
        ("query", None, b"SELECT 1\r\n\r\n"),
        ("t", "t.csv", b"1,2"),
    ]


@pytest.mark.parametrize(
    "body", [form("no disposition\r\n\r\nx"), form("no gap"), form(end=""), io.BytesIO()]
)
def test_broken_forms(body: io.BytesIO) -> None:
    with pytest.raises(HttpError):
        multipart.parts(body, "b")


@pytest.mark.parametrize(
    ("content_type", "mark"),
    [
        ("multipart/form-data; boundary=abc", "abc"),
        ('multipart/form-data; boundary="a b"', "a b"),
        ("text/plain", None),
        ("", None),
        ("multipart/form-data", None),
    ],
)
def test_boundaries(content_type: str, mark: str | None) -> None:
    assert multipart.boundary(content_type) == mark
