"""Cans: the same members give the same bytes, every tool reads them, nothing of a body changes (D14)."""

import gzip
import io
import json
import subprocess
import tarfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.archive.building import BuiltCan, build_can
from oonib.archive.names import CanName
from oonib.archive.writers import LinesWriter
from oonib.model.uid import make_uid
from oonib.spool import Entry
from oonib.spool.entries import pack

from support.archiving import START, post

NAME = CanName("2026030210", "BR", "webconnectivity", "1", 0)


def entries(posts: list[bytes]) -> list[Entry]:
    made = [
        Entry(
            seq, str(make_uid(START.replace(microsecond=seq), "BR", "webconnectivity", stored)), pack(stored)
        )
        for seq, stored in enumerate(posts)
    ]
    return sorted(made, key=lambda entry: entry.uid)


def build(posts: list[bytes], folder: Path) -> BuiltCan:
    folder.mkdir(parents=True, exist_ok=True)
    return build_can(NAME, entries(posts), len(posts), folder)


def test_the_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    posts = [post("r", n) for n in range(200)]
    one, two = build(posts, tmp_path / "1"), build(posts, tmp_path / "2")
    assert one.postcan.path.read_bytes() == two.postcan.path.read_bytes()
    assert one.jsonl.path.read_bytes() == two.jsonl.path.read_bytes()
    assert (one.postcan.sha256, one.jsonl.md5) == (two.postcan.sha256, two.jsonl.md5)


def test_common_tools_read_both_files(tmp_path: Path) -> None:
    posts = [post("r", n) for n in range(3)]
    can = build(posts, tmp_path)
    listed = subprocess.run(["tar", "tzf", can.postcan.path], capture_output=True, check=True, text=True)
    folder = "var/lib/ooniapi/measurements/incoming/2026030210_BR_webconnectivity/"
    assert listed.stdout.split() == [f"{folder}{uid}.post" for uid in can.uids]
    lines = subprocess.run(["zcat", can.jsonl.path], capture_output=True, check=True).stdout.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2]


def test_a_long_test_name_fits(tmp_path: Path) -> None:
    test = "x" * 120
    uid = str(make_uid(START, "BR", test, b"{}"))
    name = CanName("2026030210", "BR", test, "1", 0)
    can = build_can(name, [Entry(1, uid, pack(b"{}"))], 1, tmp_path)
    with tarfile.open(can.postcan.path) as tar:
        assert tar.getnames()[0].endswith(f"/{uid}.post")


def test_lines_are_found_by_one_ranged_read(tmp_path: Path) -> None:
    big = b'{"content":{"report_id":"r","fill":"' + b"x" * 400_000 + b'"}}'
    posts = [big if n % 3 else post("r", n) for n in range(30)]
    can = build(posts, tmp_path)
    data = can.jsonl.path.read_bytes()
    whole = gzip.decompress(data).split(b"\n")[:-1]
    members = {line.place.member_offset for line in can.lines}
    assert len(members) > 3
    for number, line in enumerate(can.lines):
        place = line.place
        member = gzip.decompress(data[place.member_offset : place.member_offset + place.member_length])
        assert place.linenum == number
        assert member.split(b"\n")[place.line_in_member] == whole[number]
        assert len(member) <= 1024 * 1024


def test_a_line_longer_than_a_member_has_one_of_its_own(tmp_path: Path) -> None:
    with LinesWriter(tmp_path / "lines") as writer:
        for line in (b"a", b"b" * 3_000_000, b"c"):
            writer.add(line)
        _, places = writer.finish()
    assert [place.line_in_member for place in places] == [0, 0, 0]


def test_damaged_and_foreign_posts_keep_their_place(tmp_path: Path) -> None:
    good = [post("r", n) for n in range(3)]
    made = entries([good[0], b"rubbish", good[1], good[2]])
    made[2] = Entry(made[2].seq, made[2].uid, made[2].packed[:-2])
    can = build_can(NAME, made, 4, tmp_path)
    lines = gzip.decompress(can.jsonl.path.read_bytes()).splitlines()
    assert [line == b"{}" for line in lines] == [False, True, True, False]
    assert [line.problem is None for line in can.lines] == [True, False, False, True]
    assert not can.complete
    with tarfile.open(can.postcan.path) as tar:
        assert len(tar.getnames()) == 4


def test_an_empty_can_is_still_readable(tmp_path: Path) -> None:
    can = build([], tmp_path)
    assert gzip.decompress(can.jsonl.path.read_bytes()) == b""
    with tarfile.open(can.postcan.path) as tar:
        assert tar.getnames() == []


# Text of JSON strings as probes may write it: raw unicode, escapes, lone surrogate escapes.
string_st = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\').map(str),
        st.sampled_from(
            ["\\ud800", "\\udfff", "\\ud83d\\ude00", "\\n", "\\/", '\\"', "\\\\", "\\u0000", "\u2028"]
        ),
    ),
    max_size=12,
).map("".join)
space_st = st.sampled_from(["", " ", "\n", "\r\n", "\t", "\n\n  "])


@st.composite
def value_st(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 5 if depth else 2))
    gap = draw(space_st)
    if kind == 0:
        return f'{gap}"{draw(string_st)}"{gap}'
    if kind == 1:
        return draw(
            st.sampled_from(["null", "true", "-0.0", "1e400", "1.50", "123456789012345678901234567890"])
        )
    if kind in (2, 3):
        return f'{gap}"{draw(string_st)}"'
    if kind == 4:
        return "[" + ",".join(draw(st.lists(value_st(depth - 1), max_size=3))) + f"{gap}]"
    return draw(object_st(depth - 1))


@st.composite
def object_st(draw: st.DrawFn, depth: int = 2) -> str:
    names = draw(st.lists(string_st, max_size=4))
    gap = draw(space_st)
    members = [f'{gap}"{name}"{gap}:{draw(value_st(depth))}' for name in names]
    return "{" + ",".join(members) + gap + "}"


@settings(max_examples=60, deadline=None)
@given(contents=st.lists(object_st(), min_size=1, max_size=6), gap=space_st)
def test_fetched_bytes_are_stored_bytes(contents: list[str], gap: str, tmp_path_factory: object) -> None:
    posts = [
        f'{{"format":"json",{gap}"content":{gap}{content},"is_verified":"u"}}'.encode()
        for content in contents
    ]
    made = entries(posts)
    stored = {entry.uid: entry.stored() for entry in made}
    folder = tmp_path_factory.mktemp("can")  # type: ignore[attr-defined]
    can = build_can(NAME, made, len(made), folder)
    with tarfile.open(fileobj=io.BytesIO(can.postcan.path.read_bytes())) as tar:
        for member in tar:
            uid = member.name.rpartition("/")[2].removesuffix(".post")
            found = tar.extractfile(member)
            assert found is not None
            assert found.read() == stored[uid]
    lines = gzip.decompress(can.jsonl.path.read_bytes()).split(b"\n")
    by_uid = dict(zip([line.uid for line in can.lines], lines, strict=False))
    expected = {
        str(make_uid(START.replace(microsecond=n), "BR", "webconnectivity", stored_post)): content
        for n, (stored_post, content) in enumerate(zip(posts, contents, strict=True))
    }
    for uid, content in expected.items():
        assert by_uid[uid] == content.replace("\n", "").replace("\r", "").encode()
