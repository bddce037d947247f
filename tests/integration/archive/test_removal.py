"""Removal: the content is nowhere, the rest is provably as it was, whatever dies on the way."""

import gzip
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oonib.archive import BodyStore, Wanted
from oonib.archive.manifests.proving import Prover
from oonib.archive.manifests.tombstones import read_tombstone
from oonib.archive.reading import Found, Problem, read
from oonib.archive.removal import ElsewhereArchived, NotHere, RemovalRefused, Removed, Remover
from oonib.model.envelope import content_span
from oonib.model.uid import BadUid

from support.archiving import START, TableOfLines, submit
from support.manifests import Sealed
from support.verifying import verify

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
LATER = START + timedelta(hours=4)
POINTS = (
    "removal.after_journal",
    "removal.after_spool",
    "removal.after_lines",
    "removal.after_posts",
    "removal.after_tombstone",
    "removal.after_copy",
    "removal.after_rows",
    "archive.after_manifest",
)


class Died(BaseException):
    """What a fault point raises: no code of the program catches it."""


class Tables(TableOfLines):
    """The `jsonl` table with deletion."""

    cluster: str | None = None

    def select(
        self, sql: str, parameters: Mapping[str, Any] | None = None, **options: Any
    ) -> list[dict[str, Any]]:
        """The names of tables, or rows."""
        if "system.columns" in sql:
            return [{"table": "jsonl", "name": "measurement_uid"}]
        return super().select(sql, parameters, **options)

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> str:
        """Delete."""
        assert sql.startswith("ALTER TABLE `jsonl` DELETE WHERE measurement_uid = ")
        uid = (parameters or {})["uid"]
        self.rows = [row for row in self.rows if row["measurement_uid"] != uid]
        return ""


class World(Sealed):
    """An archive from which can be removed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.table: Tables = Tables()

    def remove(self, uid: str, reach: Callable[[str], None] = lambda _point: None, **words: str) -> Removed:
        """Remove one."""
        return self.remover(reach).remove(uid, **{"reason": "court order", "by": "me", **words}, now=NOW)  # type: ignore[arg-type]

    def remover(self, reach: Callable[[str], None] = lambda _point: None, collector: str = "1") -> Remover:
        """What removes."""
        return Remover(
            self.spool,
            self.store,
            self.table,
            self.manifests(reach),
            collector=collector,
            work_dir=self.folder / "work",
            reach=reach,
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.close()


def check_gone(world: World, uid: str) -> None:
    """Nothing has the content; all others have theirs; the archive verifies and proves all."""
    body = content_span(world.posts[uid])
    for path in world.root.rglob("*"):
        if path.name.endswith(".gz"):
            assert body not in gzip.decompress(path.read_bytes())
    assert world.spool.body(uid) is None
    assert all(row["measurement_uid"] != uid for row in world.table.rows)
    summary, found = verify(world.root)
    assert found == []
    assert [one.uid for one in summary.removed] == [uid]
    bodies, prover = BodyStore(world.table, world.store), Prover(world.table, world.store)
    for other, stored in world.posts.items():
        proof = prover.prove(other)
        assert proof is not None
        assert (proof.removed is not None) == (other == uid)
        assert bodies.find(Wanted(other)) == (None if other == uid else content_span(stored))
    tombstone = bodies.removed(uid)
    assert tombstone is not None
    assert (tombstone.reason, tombstone.removed_by) == ("court order", "me")
    assert tombstone.removed_at == "2026-03-09T12:00:00Z"
    assert not list((world.folder / "work" / "removals").iterdir())


def archived_posts(world: World) -> list[str]:
    """The uids that reading the archive again gives, as reprocessing does."""
    found: list[Found | Problem] = []
    for path in sorted(world.root.rglob("*.tar.gz")):
        with path.open("rb") as stream:
            found += read(stream, path.name)
    assert all(isinstance(one, Found) for one in found)
    return [one.uid for one in found if isinstance(one, Found)]


def test_removed_from_everywhere(world: World) -> None:
    world.add(6)
    world.pack()
    uid = sorted(world.posts)[3]
    before = {path: path.stat().st_size for path in world.root.rglob("*.jsonl.gz")}
    done = world.remove(uid)
    assert not done.again
    assert {path: path.stat().st_size for path in world.root.rglob("*.jsonl.gz")} == before
    check_gone(world, uid)
    assert sorted(archived_posts(world)) == sorted(set(world.posts) - {uid})
    assert world.remove(uid, reason="another").again
    check_gone(world, uid)
    assert len(world.chain()) == 2


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_and_the_same_command_again(world: World, point: str) -> None:
    world.add(4)
    world.pack()
    uid = sorted(world.posts)[1]

    def reach(name: str) -> None:
        if name == point:
            raise Died(name)

    with pytest.raises(Died):
        world.remove(uid, reach)
    assert world.remove(uid, reason="another").again
    check_gone(world, uid)
    assert len(world.chain()) == 2


def test_several_of_one_can(world: World) -> None:
    world.add(5, ccs=("BR",))
    world.pack()
    for uid in sorted(world.posts)[1:4]:
        world.remove(uid)
    summary, found = verify(world.root)
    assert found == []
    assert len(summary.removed) == 3
    assert archived_posts(world) == [sorted(world.posts)[0], sorted(world.posts)[4]]
    # What was removed does not come back unseen either.
    path = next(world.root.rglob("*.tar.gz"))
    with tarfile.open(path) as tar:
        stubs = [tar.extractfile(member).read() for member in tar][1:4]  # type: ignore[union-attr]
    assert stubs == [b'{"format":"removed"}'] * 3


def test_an_older_copy_is_not_the_archive_any_more(world: World) -> None:
    world.add(3, ccs=("BR",))
    world.pack()
    uid = sorted(world.posts)[1]
    shutil.copytree(world.root / "raw", world.folder / "raw")
    world.remove(uid)
    shutil.copytree(world.folder / "raw", world.root / "raw", dirs_exist_ok=True)
    assert {one.reason for one in verify(world.root)[1]} == {"line_changed", "post_changed"}


def test_what_has_no_line_and_no_row(world: World) -> None:
    uid = submit(world.spool, b'{"format":"yaml","content":"---\\nsecret: 1"}')
    world.add(2, ccs=("BR",))
    world.pack()
    world.remove(uid)
    assert verify(world.root)[1] == []
    assert all(b"secret" not in gzip.decompress(path.read_bytes()) for path in world.root.rglob("*.tar.gz"))


def test_only_in_the_spool(world: World) -> None:
    world.add(2, ccs=("BR",))
    uid = sorted(world.posts)[0]
    done = world.remove(uid)
    assert done.tombstone.can == ""
    assert world.spool.body(uid) is None
    assert world.pack().ok
    assert uid not in archived_posts(world)
    summary, found = verify(world.root)
    assert (found, [one.uid for one in summary.removed]) == ([], [uid])
    assert read_tombstone(world.store, uid) == done.tombstone


def test_archived_between_a_kill_and_the_second_try(world: World) -> None:
    """What was only in the spool when it was decided may have been packed since."""
    world.add(2, ccs=("BR",))
    uid = sorted(world.posts)[0]

    def reach(name: str) -> None:
        if name == "removal.after_journal":
            raise Died(name)

    with pytest.raises(Died):
        world.remove(uid, reach)
    world.pack()
    world.remove(uid, reason="another")
    check_gone(world, uid)


def test_a_can_that_was_packed_without_manifests(world: World) -> None:
    world.add(3, ccs=("BR",))
    world.pack()
    shutil.rmtree(world.root / "manifests")
    (world.folder / "work" / "manifests-1.json").unlink()
    uid = sorted(world.posts)[1]
    world.remove(uid)
    check_gone(world, uid)


def test_refusals(world: World) -> None:
    world.add(2, ccs=("BR",))
    world.pack()
    uid = sorted(world.posts)[0]
    with pytest.raises(BadUid):
        world.remove("nonsense/../x")
    for words in ({"reason": ""}, {"reason": "two\nlines"}, {"by": "x" * 501}):
        with pytest.raises(RemovalRefused):
            world.remove(uid, **words)
    with pytest.raises(NotHere):
        world.remove("20260302101500.000000_BR_webconnectivity_0123456789abcdef")
    with pytest.raises(ElsewhereArchived):
        world.remover(collector="7").remove(uid, reason="x", by="y", now=NOW)
    assert verify(world.root)[1] == []
    assert len(world.chain()) == 1
