"""One flipped byte, one dropped object, one line in another place: each is found, and named (D16)."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.archive.manifests import Chain, Position, Signer
from oonib.archive.manifests.manifest import Body, CanEntry, counted
from oonib.fastpath.reprocess import Job
from oonib.objects import ObjectStore

from support.archiving import START
from support.manifests import SCORING
from support.verifying import archive, copied, verify

CAN = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The objects of an archive that is as it was signed."""
    made = archive(tmp_path_factory.mktemp("archive"))
    made.close()
    return made.root


@pytest.fixture
def root(sound: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return copied(sound, tmp_path / "objects")


def files(root: Path) -> list[Path]:
    """Every object."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def key_of(path: Path, root: Path) -> str:
    return str(path.relative_to(root))


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines()


def rewrite(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))


def posts_of(path: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        return [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def repost(path: Path, posts: list[tuple[str, bytes]]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in posts:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_as_it_was_signed(sound: Path) -> None:
    summary, found = verify(sound)
    assert found == []
    assert (summary.manifests, summary.cans, summary.measurements) == (4, 7, 26)
    stored = sum(path.stat().st_size for path in files(sound / "raw"))
    assert summary.bytes == stored
    assert summary.share == pytest.approx(1.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.data())
def test_one_flipped_byte_anywhere(sound: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files(sound)), "object")
    whole = path.read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1), "position")
    change = data.draw(st.integers(1, 255), "change")
    path.write_bytes(whole[:position] + bytes([whole[position] ^ change]) + whole[position + 1 :])
    try:
        summary, found = verify(sound)
    finally:
        path.write_bytes(whole)
    assert summary.first is not None
    named = {problem.place.split(":")[0] for problem in found}
    # Cans of a manifest that cannot be believed belong to nobody; the manifest is named before them.
    assert summary.first.place.split(":")[0] == key_of(path, sound), found
    assert named == {key_of(path, sound)} or "manifests/" in key_of(path, sound)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_one_dropped_object(sound: Path, data: st.DataObject) -> None:
    path = data.draw(
        st.sampled_from(
            [one for one in files(sound) if "/hours/" not in str(one) and one.name != "head.json"]
        )
    )
    whole = path.read_bytes()
    path.unlink()
    try:
        summary, _ = verify(sound)
    finally:
        path.write_bytes(whole)
    assert summary.first is not None
    assert summary.first.place == key_of(path, sound)
    assert summary.first.reason in ("object_missing", "manifest_missing")


def test_a_whole_hour_dropped_with_its_manifest(root: Path) -> None:
    (root / "manifests/n1/0000000003.json").unlink()
    for path in files(root / "raw"):
        if ".n1.1." in path.name:
            path.unlink()
    assert verify(root)[0].first is not None
    # Not even when the head is set back: the hours still tell of it.
    third = json.loads((root / "manifests/n1/0000000002.json").read_bytes())
    third.pop("body")
    (root / "manifests/n1/head.json").write_bytes(
        json.dumps(third, sort_keys=True, separators=(",", ":")).encode()
    )
    summary, _ = verify(root)
    assert summary.first is not None
    assert summary.first.place == "manifests/n1/0000000003.json"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_one_line_in_another_place(sound: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted((sound / "raw").rglob("*.jsonl.gz"))))
    whole, lines = path.read_bytes(), lines_of(path)
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(0, len(lines) - 1).filter(lambda at: at != start))
    moved = lines[:start] + lines[start + 1 :]
    moved.insert(end, lines[start])
    rewrite(path, moved)
    try:
        summary, found = verify(sound)
    finally:
        path.write_bytes(whole)
    assert summary.first is not None
    assert len(found) == 1
    assert (summary.first.place, summary.first.reason) == (
        f"{key_of(path, sound)}:{min(start, end)}",
        "line_moved",
    )


@pytest.mark.parametrize(
    ("spoil", "line", "reason"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b'"n":2', b'"n":3'), *lines[3:]], 2, "line_changed"),
        (lambda lines: lines[:2], 2, "line_missing"),
        (lambda lines: [*lines, lines[0]], 4, "line_added"),
        (lambda lines: [*lines[:1], b"{}", *lines[2:]], 1, "line_changed"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 0, "line_moved"),
    ],
)
def test_lines_are_named(
    root: Path, spoil: Callable[[list[bytes]], list[bytes]], line: int, reason: str
) -> None:
    path = root / f"{CAN}.jsonl.gz"
    rewrite(path, spoil(lines_of(path)))
    summary, found = verify(root)
    assert [(one.place, one.reason) for one in found] == [(f"{CAN}.jsonl.gz:{line}", reason)]
    uids = [name.rpartition("/")[2].removesuffix(".post") for name, _ in posts_of(root / f"{CAN}.tar.gz")]
    assert line >= len(uids) or uids[line] in found[0].detail
    assert summary.first == found[0]


def test_posts_are_named(root: Path) -> None:
    path = root / f"{CAN}.tar.gz"
    posts = posts_of(path)
    name, content = posts[2]
    repost(
        path, [*posts[:2], (name, content.replace(b'"is_verified":"u"', b'"is_verified":"t"')), *posts[3:]]
    )
    _, found = verify(root)
    assert [(one.place, one.reason) for one in found] == [(f"{CAN}.tar.gz:2", "post_changed")]
    assert name.rpartition("/")[2].removesuffix(".post") in found[0].detail
    repost(path, [posts[1], posts[0], *posts[2:]])
    assert [(one.place, one.reason) for one in verify(root)[1]] == [(f"{CAN}.tar.gz:0", "post_moved")]
    repost(path, posts[:3])
    assert [(one.place, one.reason) for one in verify(root)[1]] == [(f"{CAN}.tar.gz:3", "post_missing")]
    repost(path, posts)
    assert [(one.place, one.reason) for one in verify(root)[1]] == [(f"{CAN}.tar.gz", "object_changed")]


def test_objects_that_nobody_signed(root: Path) -> None:
    extra = root / "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.9.tar.gz"
    shutil.copy(root / f"{CAN}.tar.gz", extra)
    odd = root / "raw/20260302/notes.txt"
    odd.write_text("x")
    stone = root / "tombstones" / "x.json"
    stone.parent.mkdir()
    stone.write_text("{}")
    _, found = verify(root)
    assert {(one.place, one.reason) for one in found} == {
        (key_of(path, root), "unknown_object") for path in (extra, odd, stone)
    }


def test_another_key_cannot_go_on_unnoticed(root: Path) -> None:
    store = ObjectStore.open(str(root), data_dir=None)
    chain = Chain(store, "1")
    *_, (_, end) = chain.follow(Position())
    forged = chain.append(Body(), at=end, hour="2026030213", scoring=SCORING, signer=Signer(bytes(32)))
    assert forged is not None
    summary, found = verify(root)
    assert [(one.place, one.reason) for one in found] == [("manifests/n1/0000000004.json", "foreign_key")]
    _, found = verify(root, summary.keys["1"])
    assert [one.place for one in found] == ["manifests/n1/0000000004.json"]
    assert {one.reason for one in verify(root, "00" * 32)[1]} == {"foreign_key"}


def test_a_chain_that_was_begun_anew_is_seen_by_its_key(root: Path) -> None:
    """Whoever can write everything can sign everything, but not with a key that others know."""
    trusted = verify(root)[0].keys["1"]
    shutil.rmtree(root / "manifests")
    chain = Chain(ObjectStore.open(str(root), data_dir=None), "1")
    cans: tuple[CanEntry, ...] = ()
    chain.append(
        Body(cans, counted(cans)), at=Position(), hour="x", scoring=SCORING, signer=Signer(bytes(32))
    )
    first = verify(root, trusted)[0].first
    assert first is not None
    assert first.reason == "foreign_key"


def test_only_a_part(root: Path) -> None:
    job = Job("", "", START.replace(minute=0), START.replace(minute=0) + timedelta(hours=1), (), ("IT",))
    for path in files(root / "raw"):
        if "/10/IT/" not in str(path):
            path.unlink()
    summary, found = verify(root, job=job)
    assert (summary.cans, found) == (2, [])


def test_a_gap_of_any_size_is_one_difference(root: Path) -> None:
    (root / "manifests/n1/hours/2026030210/9999999999.json").write_bytes(b"{}")
    places = [(one.place, one.reason) for one in verify(root)[1]]
    assert places == [
        ("manifests/n1/0000000004.json", "manifest_missing"),
        ("manifests/n1/9999999999.json", "manifest_missing"),
    ]


def test_lines_or_posts_alone(root: Path) -> None:
    """A download of one kind of object is checked as far as it goes, and what is not there is named."""
    for path in (root / "raw").rglob("*.tar.gz"):
        path.unlink()
    summary, found = verify(root)
    assert {one.reason for one in found} == {"object_missing"}
    assert summary.cans == 7
    path = root / f"{CAN}.jsonl.gz"
    rewrite(path, lines_of(path)[::-1])
    reasons = [one.reason for one in verify(root)[1] if one.place.startswith(f"{CAN}.jsonl.gz")]
    assert reasons == ["object_changed"]


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff" * 100, b"[" * 10_000])
def test_without_a_chain(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        path = tmp_path / "manifests/n1/0000000000.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    first = verify(tmp_path)[0].first
    assert first is not None
    assert first.reason == ("no_chain" if content is None else "manifest_changed")


@pytest.fixture(autouse=True)
def unspoilt(sound: Path) -> Iterator[None]:
    """A test that spoils what all share would make the others lie."""
    before = {path: path.stat().st_size for path in files(sound)}
    yield
    assert {path: path.stat().st_size for path in files(sound)} == before
