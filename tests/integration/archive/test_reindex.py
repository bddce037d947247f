"""The index made again from the archive: the rows are those that the packer made (reliability D17)."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
import pytest

from oonib.archive import BodyStore, Packer, Wanted
from oonib.archive.reindexing import Reindexer, ReindexSummary
from oonib.archive.removal import Remover
from oonib.model.envelope import content_span
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.archiving import START, TableOfLines, post, submit
from support.clickhouse import EmbeddedServer
from support.manifests import Sealed
from support.processes import clean_environment, run_oonib

DAY = datetime(2026, 3, 2, tzinfo=UTC)


class Tables(TableOfLines):
    """The `jsonl` table from which a removal deletes."""

    cluster: str | None = None

    def select(self, sql: str, parameters: Any = None, **options: Any) -> list[dict[str, Any]]:
        """The names of tables, or rows."""
        if "system.columns" in sql:
            return [{"table": "jsonl", "name": "measurement_uid"}]
        return super().select(sql, parameters, **options)

    def command(self, _sql: str, parameters: Any = None) -> str:
        """Delete the rows of a measurement."""
        self.rows = [row for row in self.rows if row["measurement_uid"] != parameters["uid"]]
        return ""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sealed]:
    found = Sealed(tmp_path)
    found.table = Tables()
    found.add(7)
    # Large ones, so that the file has several gzip members.
    for n in range(4):
        stored = post("large", n).replace(b'"n":', b'"x":"' + bytes([97 + n]) * 700_000 + b'","n":')
        found.posts[submit(found.spool, stored, cc="BR")] = stored
    yaml = b'{"format":"yaml","content":"a: 1"}'
    submit(found.spool, yaml, received=START + timedelta(seconds=1))
    found.add(3, hours=1, ccs=("DE",))
    yield found
    found.close()


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture
def warehouse(server: EmbeddedServer) -> Iterator[Warehouse]:
    warehouse = Warehouse.connect(server.url)
    yield warehouse
    warehouse.close()


def reindexed(world: Sealed, since: datetime = DAY, days: int = 1) -> tuple[TableOfLines, ReindexSummary]:
    table = TableOfLines()
    return table, Reindexer(world.store, table).run(since, since + timedelta(days=days))


def by_uid(table: TableOfLines) -> list[dict[str, Any]]:
    return sorted(table.rows, key=itemgetter("measurement_uid"))


def test_the_rows_are_those_of_the_packer(world: Sealed) -> None:
    assert world.pack(START + timedelta(hours=3)).problems == []
    assert len({row["member_offset"] for row in world.table.rows}) > 2
    table, summary = reindexed(world)
    assert by_uid(table) == by_uid(world.table)
    assert (summary.cans, summary.rows, summary.problems) == (3, 21, {})
    assert summary.share == pytest.approx(1)
    bodies = BodyStore(table, world.store)
    for uid, stored in world.posts.items():
        assert bodies.find(Wanted(uid)) == content_span(stored)


def test_only_the_hours_that_are_asked_for(world: Sealed) -> None:
    world.pack(START + timedelta(hours=3))
    table = TableOfLines()
    Reindexer(world.store, table).run(DAY + timedelta(hours=11), DAY + timedelta(hours=12))
    assert {row["s3path"].split("/")[2] for row in table.rows} == {"11"}
    assert len(table.rows) == 3
    assert reindexed(world, DAY + timedelta(days=1))[1].cans == 0


def test_what_was_removed_stays_removed(world: Sealed) -> None:
    world.pack(START + timedelta(hours=3))
    uid = next(iter(world.posts))
    work = world.folder / "work"
    remover = Remover(world.spool, world.store, world.table, world.manifests(), collector="1", work_dir=work)
    remover.remove(uid, reason="court order", by="me", now=START + timedelta(days=1))
    table, summary = reindexed(world)
    assert summary.problems == {}
    assert by_uid(table) == by_uid(world.table)
    bodies = BodyStore(table, world.store)
    assert bodies.find(Wanted(uid)) is None
    for other in set(world.posts) - {uid}:
        assert bodies.find(Wanted(other)) == content_span(world.posts[other])


def keys(world: Sealed, ending: str, cc: str = "IT") -> str:
    """The key of the only can of a country."""
    (found,) = (
        info.key for info in world.store.list("raw/") if f"/{cc}/" in info.key and info.key.endswith(ending)
    )
    return found


@pytest.mark.parametrize(
    ("ending", "content", "reason", "left"),
    [
        ("tar.gz", None, "no_uid", 14),
        ("jsonl.gz", None, None, 14),
        ("jsonl.gz", b"this is not gzip", "damaged", 14),
        ("tar.gz", b"this is not gzip", "damaged", 14),
        ("jsonl.gz", gzip.compress(b""), "line_missing", 14),
        ("jsonl.gz", gzip.compress(b'{"report_id":"of another"}\n' * 7), "not_of_its_post", 14),
        ("jsonl.gz", gzip.compress(b'{"report_id":\n' * 7), "bad_json", 14),
    ],
)
def test_what_gives_no_row_is_named_and_the_rest_is_done(
    world: Sealed, ending: str, content: bytes | None, reason: str | None, left: int
) -> None:
    world.pack(START + timedelta(hours=3))
    key = keys(world, ending)
    if content is None:
        (world.root / key).unlink()
    else:
        world.store.put(key, content)
    table, summary = reindexed(world)
    assert set(summary.problems) == ({reason} if reason else set())
    assert by_uid(table) == [row for row in by_uid(world.table) if "/IT/" not in row["s3path"]]
    assert len(table.rows) == left


def test_lines_of_others_in_one_large_member(world: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others wrote the same measurements in other words and one gzip member."""
    monkeypatch.setattr("oonib.archive.reindexing._LONGEST_MEMBER", 100)
    world.pack(START + timedelta(hours=3))
    key = keys(world, "jsonl.gz")
    lines = [orjson.loads(line) for line in gzip.decompress(world.store.get(key)).splitlines()]
    other = [orjson.dumps(line | {"probe_cc": "IT"}, option=orjson.OPT_SORT_KEYS) for line in lines]
    world.store.put(key, gzip.compress(b"\n".join(other) + b"\n"))
    table, summary = reindexed(world)
    assert summary.problems == {}
    found = {row["measurement_uid"]: row for row in table.rows if row["s3path"] == key}
    assert {(row["member_offset"], row["member_length"]) for row in found.values()} == {(0, 0)}
    bodies = BodyStore(table, world.store)
    assert sorted(bodies.find(Wanted(uid)) or b"" for uid in found) == sorted(other)


@pytest.mark.clickhouse
def test_the_command(world: Sealed, warehouse: Warehouse, server: EmbeddedServer) -> None:
    migrate(warehouse)
    packer = Packer(world.spool, world.store, warehouse, collector="1", work_dir=world.folder / "work")
    assert packer.pack(START + timedelta(hours=3)).problems == []
    rows = "SELECT * FROM jsonl FINAL ORDER BY measurement_uid"
    before = warehouse.select(rows)
    assert len(before) == 21
    url = server.url.replace("/ooni", f"/{warehouse.database}")
    environment = clean_environment(
        data_dir=world.folder, object_store_url=world.root, clickhouse_url=url, log_level="warning"
    )
    period = ("--since", "2026-03-02", "--until", "2026-03-03")
    made = warehouse.command("SHOW CREATE TABLE jsonl").replace("\\n", "\n")
    warehouse.command("DROP TABLE jsonl SYNC")
    warehouse.command(made)
    assert warehouse.select(rows) == []
    # A second time: rows that are there already do no harm.
    for _ in range(2):
        done = run_oonib("archive", "reindex", *period, env=environment)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "3 cans read, 21 measurements indexed" in done.stderr
        assert warehouse.select(rows) == before
    world.store.put(keys(world, "jsonl.gz"), b"this is not gzip")
    done = run_oonib("archive", "reindex", *period, env=environment)
    assert done.returncode == 1
    assert "1 problems, named above: damaged" in done.stderr
