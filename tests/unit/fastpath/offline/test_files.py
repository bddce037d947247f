"""What an input is taken for, and that one measurement has one uid in whatever it is wrapped."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from oonib.archive.reading import Found, Problem
from oonib.fastpath.offline.files import chunks
from oonib.fastpath.offline.sniffing import with_ending

BODY = b'{"probe_cc":"IT","x":"' + b"a" * 70_000 + b'"}'
SMALL = b'{"a":1}'
UID = "20260302101533.048211_BR_signal_5d0c91e2a47b3f68"


def tar(mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as can:
        info = tarfile.TarInfo(f"incoming/{UID}.post")
        info.size = len(SMALL)
        can.addfile(info, io.BytesIO(SMALL))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "ending"),
    [
        ("stdin", SMALL, ".json"),
        ("stdin", b"", ".json"),
        ("stdin", b"nonsense", ".json"),
        ("stdin", b"\n" + SMALL + b"\n\n", ".json"),
        ("stdin", SMALL + b"\n" + SMALL, ".jsonl"),
        ("stdin", BODY + b"\n" + SMALL + b"\n", ".jsonl"),
        ("stdin", BODY, ".json"),
        ("stdin", b'{\n "a": 1\n}\n', ".json"),
        ("stdin", gzip.compress(SMALL + b"\n"), ".jsonl.gz"),
        ("stdin", tar("w:gz"), ".tar.gz"),
        ("stdin", tar("w"), ".tar"),
        ("stdin", b"---\nreport_id: x\n...\n", ".yaml"),
        ("stdin", gzip.compress(b"---\nreport_id: x\n...\n"), ".yaml.gz"),
        ("stdin", b"\x04\x22\x4d\x18rest", ".json.lz4"),
        ("stdin", b"\x1f\x8bnot gzip at all", ".jsonl.gz"),
        ("a.json", SMALL, ""),
        ("a.json", SMALL + b"\n" + SMALL + b"\n", ".jsonl"),
        ("a.json.gz", gzip.compress(SMALL + b"\n"), ".jsonl.gz"),
        ("a.jsonl", SMALL, ""),
        (f"{UID}.post", SMALL + b"\n" + SMALL, ""),
    ],
)
def test_what_it_is_taken_for(name: str, data: bytes, ending: str) -> None:
    stream, called = with_ending(io.BytesIO(data), name)
    assert called == name + ending
    assert stream.read() == data


def test_read_in_pieces() -> None:
    stream, _ = with_ending(io.BytesIO(BODY + b"\n" + SMALL), "stdin")
    assert b"".join(iter(lambda: stream.read(1000), b"")) == BODY + b"\n" + SMALL


def found(*paths: Path) -> list[tuple[bytes, str]]:
    items = [item for chunk in chunks(map(str, paths)) for item in chunk.items]
    assert all(isinstance(item, Found) for item in items), items
    return [(item.body, item.uid) for item in items if isinstance(item, Found)]


def test_posts_carry_their_uid(tmp_path: Path) -> None:
    lone = tmp_path / f"{UID}.post"
    lone.write_bytes(SMALL)
    can = tmp_path / "can.tar.gz"
    can.write_bytes(tar("w:gz"))
    other = tmp_path / "other.post"
    other.write_bytes(SMALL)
    assert found(lone, can, other) == [(SMALL, UID), (SMALL, UID), (SMALL, "")]


def test_chunks_are_bounded_and_keep_the_order(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [json.dumps({"n": n, "x": "a" * 5000}).encode() for n in range(3000)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    pieces = list(chunks([str(path)]))
    assert len(pieces) > 3
    assert all(sum(len(item.body) for item in piece.items) < 4_200_000 for piece in pieces)
    assert [item.body for piece in pieces for item in piece.items] == lines


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (chunk,) = chunks([str(tmp_path / "none.jsonl"), str(tmp_path)])
    assert [item.reason for item in chunk.items if isinstance(item, Problem)] == ["unreadable_file"] * 2
