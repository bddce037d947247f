"""Manifests of what is packed: everything once, in one chain, whatever dies or competes on the way."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oonib.archive.manifests import Body, Chain, Position, Signer, is_signed
from oonib.archive.manifests.manifest import canonical
from oonib.archive.manifests.tree import leaf_hash, root_of
from oonib.model.envelope import content_span
from oonib.objects import ObjectStoreUnavailable

from support.archiving import START
from support.manifests import SCORING, Sealed
from support.s3 import S3Server

POINTS = (
    "archive.after_upload",
    "archive.after_index",
    "archive.after_manifest",
    "archive.after_manifest_noted",
    "archive.before_release",
    "archive.after_release",
)


class Died(BaseException):
    """What a fault point raises: no code of the program catches it."""


def dying_at(point: str, after: int = 0) -> Callable[[str], None]:
    seen = Counter[str]()

    def reach(name: str) -> None:
        seen[name] += 1
        if name == point and seen[name] > after:
            raise Died(name)

    return reach


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sealed]:
    found = Sealed(tmp_path)
    yield found
    found.close()


def check(world: Sealed) -> None:
    """Every can of the store is in exactly one manifest of a sound chain, with its true hashes."""
    previous, cans = "", Counter[str]()
    for number, manifest in enumerate(world.chain()):
        checkpoint = manifest.checkpoint
        assert (checkpoint.sequence, checkpoint.previous) == (number, previous)
        assert is_signed(canonical(checkpoint), manifest.signature, checkpoint.public_key)
        previous = checkpoint.hash
        for can in manifest.body.cans:
            cans[can.name] += 1
            assert can.name.startswith(checkpoint.hour)
            for entry in can.objects:
                stored = world.store.get(entry.key)
                assert (entry.size, entry.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
            uids = sorted(uid for uid in world.posts if uid in _uids(world, can.name))
            leaves = [leaf_hash(content_span(world.posts[uid])) for uid in uids]
            assert can.root == root_of(leaves).hex()
            assert can.lines == can.measurements == len(uids)
    stems = {info.key.rpartition("/")[2] for info in world.store.list("raw") if info.key.endswith(".tar.gz")}
    assert cans == Counter({stem.removesuffix(".tar.gz"): 1 for stem in stems})


def _uids(world: Sealed, can: str) -> set[str]:
    return {row["measurement_uid"] for row in world.table.rows if row["s3path"].endswith(f"/{can}.jsonl.gz")}


def test_an_hour_has_one_manifest_and_late_arrivals_another(world: Sealed) -> None:
    world.add(hours=0)
    world.add(hours=1)
    summary = world.pack(START + timedelta(hours=3))
    assert (summary.manifests, summary.released) == (2, 4)
    assert world.pack(START + timedelta(hours=3)).manifests == 0
    world.add(3, hours=0, ccs=("BR",), report_id="late")
    assert world.pack(START + timedelta(hours=3)).manifests == 1
    check(world)
    hours = [one.checkpoint.hour for one in world.chain()]
    assert hours == ["2026030210", "2026030211", "2026030210"]
    assert world.chain()[0].body.counts == {"BR": {"webconnectivity": 5}, "IT": {"webconnectivity": 5}}
    head = Chain(world.store, "1").head()
    assert head is not None
    assert head.checkpoint == world.chain()[-1].checkpoint


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("after", [0, 1])
def test_a_kill_at_any_point(world: Sealed, point: str, after: int) -> None:
    world.add(hours=0)
    world.add(hours=1)
    with pytest.raises(Died):
        world.pack(START + timedelta(hours=3), dying_at(point, after))
    before = {info.key: world.store.get(info.key) for info in world.store.list("manifests")}
    for uid in world.posts:
        # In the spool or in a manifest: nobody may have to take our word for it.
        assert world.spool.body(uid) is not None or any(
            uid in _uids(world, can.name) for one in world.chain() for can in one.body.cans
        )
    summary = world.pack(START + timedelta(hours=3))
    assert summary.ok, str(summary)
    check(world)
    for key, data in before.items():
        assert key.endswith("head.json") or "/hours/" in key or world.store.get(key) == data
    assert all(world.spool.body(uid) is None for uid in world.posts)


@pytest.mark.parametrize("lost", ["nothing", "file", "spoilt", "foreign"])
def test_the_local_note_is_only_a_note(world: Sealed, lost: str) -> None:
    note = world.folder / "work" / "manifests-1.json"
    world.add()
    with pytest.raises(Died):
        world.pack(reach=dying_at("archive.before_release"))
    if lost == "file":
        note.unlink()
    elif lost == "spoilt":
        note.write_bytes(b"\0")
    elif lost == "foreign":
        note.write_text('{"sequence":7,"previous":"ab","cans":[]}')
    world.add(2, hours=1)
    assert world.pack(START + timedelta(hours=3)).ok
    check(world)


def test_while_the_chain_is_away_nothing_leaves_the_spool(
    world: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()

    def away(*_: object, **__: object) -> None:
        raise ObjectStoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(Chain, "append", away)
        summary = world.pack()
    assert {problem.step for problem in summary.problems} == {"manifest"}
    assert all(world.spool.body(uid) is not None for uid in world.posts)
    assert world.pack().ok
    check(world)


def dying(*_: object, **__: object) -> None:
    raise Died


def test_what_was_spoilt_after_its_upload_is_uploaded_again(world: Sealed) -> None:
    world.add()
    with pytest.raises(Died):
        world.pack(reach=dying_at("archive.after_index", 0))
    key = next(info.key for info in world.store.list("raw") if info.key.endswith(".jsonl.gz"))
    world.store.put(key, b"no gzip at all")
    assert world.pack().ok
    check(world)


def test_a_can_that_cannot_be_read_back_holds_up_no_other(
    world: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(Chain, "append", dying)
        world.pack()
    key = next(info.key for info in world.store.list("raw") if info.key.endswith(".jsonl.gz"))
    sound = world.store.get(key)
    world.store.put(key, b"no gzip at all")
    summary = world.pack()
    assert [(problem.step, problem.can) for problem in summary.problems] == [
        ("manifest", key.rpartition("/")[2].removesuffix(".jsonl.gz"))
    ]
    assert summary.manifests == 1
    world.store.put(key, sound)
    assert world.pack().ok
    check(world)


def test_two_archivers_of_one_collector_do_not_fork_the_chain(tmp_path: Path) -> None:
    one = Sealed(tmp_path / "one")
    two = Sealed(tmp_path / "two", objects=one.store)
    for round_ in range(3):
        one.add(2, hours=round_, ccs=("BR",))
        assert one.pack(START + timedelta(hours=5)).ok
        two.add(2, hours=round_, ccs=("IT",))
        assert two.pack(START + timedelta(hours=5)).ok
    previous = ""
    for manifest in one.chain():
        assert manifest.checkpoint.previous == previous
        previous = manifest.checkpoint.hash
    assert len(one.chain()) == 6
    one.close()
    two.close()


def test_who_is_second_adds_nothing(world: Sealed) -> None:
    chain, signer = Chain(world.store, "9"), Signer(bytes(32))
    first = chain.append(Body(), at=Position(), hour="2026030210", scoring=SCORING, signer=signer)
    assert first is not None
    again = chain.append(Body(), at=Position(), hour="2026030210", scoring=SCORING, signer=signer)
    assert again == first
    assert chain.append(Body(), at=Position(), hour="2026030211", scoring=SCORING, signer=signer) is None
    assert [one.checkpoint.hour for one, _ in chain.follow(Position())] == ["2026030210"]


@pytest.mark.slow
def test_in_a_bucket(tmp_path: Path) -> None:
    with S3Server() as server:
        server.make_bucket("archive")
        world = Sealed(tmp_path, objects=server.open("archive", "ooni"))
        world.add()
        with pytest.raises(Died):
            world.pack(reach=dying_at("archive.after_manifest"))
        assert world.pack().ok
        check(world)
        assert len(world.chain()) == 1
        world.close()
