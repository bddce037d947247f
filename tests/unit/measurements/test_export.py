"""Exports without ClickHouse: how a day is cut, what a manifest is, what happens between two versions."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.export import BadManifest, Exporter, ExportFailed, Manifest, manifest_key
from oonib.measurements.export.store import ExportStore, Slice, cut
from oonib.objects import ObjectStore
from oonib.warehouse.errors import WarehouseUnavailable

DAY = date(2026, 3, 2)
START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=1)
MINUTES = st.dictionaries(st.integers(0, 1439), st.integers(1, 50), max_size=60)


class Table(ExportStore):
    """A table that a test changes, of one row a minute."""

    def __init__(self) -> None:
        self.state = "2-aa"
        self.on_read: list[str] = []
        self.broken = False

    def states(self, since: date, until: date) -> dict[date, str]:
        return {DAY: self.state} if since <= DAY < until else {}

    def slices(self, day: date) -> list[Slice]:
        half = START + timedelta(hours=12)
        return [Slice(START, half, 1), Slice(half, END, 1)]

    def parquet(self, piece: Slice) -> Iterator[bytes]:
        if self.broken and piece.until == END:
            raise WarehouseUnavailable(None, "away")
        yield f"PAR1 {self.state} {piece.since:%H}".encode()
        if self.on_read:
            self.state = self.on_read.pop(0)

    def columns(self) -> tuple[tuple[str, str], ...]:
        return (("measurement_uid", "String"),)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(str(tmp_path / "objects"))


@pytest.fixture
def exporter(table: Table, objects: ObjectStore, tmp_path: Path) -> Exporter:
    return Exporter(table, objects, tmp_path / "work", lambda: datetime(2026, 3, 10, 5, tzinfo=UTC))


def keys(objects: ObjectStore) -> list[str]:
    return [found.key.rpartition("/")[2] for found in objects.list("export")]


def run(exporter: Exporter) -> str:
    return str(exporter.export(DAY - timedelta(days=1), DAY + timedelta(days=1)))


@given(MINUTES, st.integers(1, 120))
def test_slices_have_every_row_once_and_no_gap(found: dict[int, int], most: int) -> None:
    minutes = [(START + timedelta(minutes=number), count) for number, count in sorted(found.items())]
    slices = list(cut(minutes, START, END, most))
    assert sum(one.rows for one in slices) == sum(found.values())
    assert all(before.until == after.since for before, after in pairwise(slices))
    assert not slices or (slices[0].since, slices[-1].until) == (START, END)
    for one in slices:
        inside = [count for minute, count in minutes if one.since <= minute < one.until]
        assert sum(inside) == one.rows
        assert one.rows <= most or len(inside) == 1


def test_a_day_is_exported_once(exporter: Exporter, objects: ObjectStore) -> None:
    assert run(exporter) == "1 days exported with 2 rows, 1 unchanged"
    made = Manifest.decode(objects.get(manifest_key(DAY)))
    assert (made.version, made.rows, made.state, made.earlier) == (1, 2, "2-aa", ())
    assert [objects.get(file.key) for file in made.files] == [b"PAR1 2-aa 00", b"PAR1 2-aa 12"]
    assert run(exporter) == "0 days exported with 0 rows, 2 unchanged"


def test_a_change_makes_a_version_that_replaces_the_last(
    exporter: Exporter, table: Table, objects: ObjectStore
) -> None:
    run(exporter)
    table.state = "2-bb"
    run(exporter)
    made = Manifest.decode(objects.get(manifest_key(DAY)))
    assert made.version == 2
    assert [(one.version, one.rows) for one in made.earlier] == [(1, 2)]
    assert keys(objects) == ["manifest.json", "v0002-00.parquet", "v0002-01.parquet"]


def test_a_failure_leaves_the_last_version_and_is_cleared_up(
    exporter: Exporter, table: Table, objects: ObjectStore, tmp_path: Path
) -> None:
    run(exporter)
    table.state, table.broken = "2-bb", True
    with pytest.raises(ExportFailed, match="away"):
        run(exporter)
    made = Manifest.decode(objects.get(manifest_key(DAY)))
    assert made.version == 1
    assert objects.get(made.files[0].key) == b"PAR1 2-aa 00"
    assert "v0002-00.parquet" in keys(objects)
    assert not list((tmp_path / "work").iterdir())
    table.state, table.broken = "1-cc", False
    run(exporter)
    assert keys(objects) == ["manifest.json", "v0002-00.parquet", "v0002-01.parquet"]


def test_a_day_that_changes_meanwhile_is_read_again(
    exporter: Exporter, table: Table, objects: ObjectStore
) -> None:
    table.on_read = ["2-bb"]
    run(exporter)
    made = Manifest.decode(objects.get(manifest_key(DAY)))
    assert made.state == "2-bb"
    assert objects.get(made.files[0].key) == b"PAR1 2-bb 00"


def test_a_day_that_never_rests_is_a_failure(exporter: Exporter, table: Table, objects: ObjectStore) -> None:
    table.on_read = [f"2-{number}" for number in range(20)]
    with pytest.raises(ExportFailed, match="scored again"):
        run(exporter)
    assert "manifest.json" not in keys(objects)


def test_today_is_not_over(table: Table, objects: ObjectStore, tmp_path: Path) -> None:
    early = Exporter(table, objects, tmp_path / "work", lambda: START + timedelta(hours=23))
    assert str(early.export(DAY, DAY + timedelta(days=1))) == "0 days exported with 0 rows, 0 unchanged"


def test_a_damaged_manifest_is_not_overwritten(exporter: Exporter, objects: ObjectStore) -> None:
    objects.put(manifest_key(DAY), b"{")
    with pytest.raises(ExportFailed, match="is damaged"):
        run(exporter)
    assert objects.get(manifest_key(DAY)) == b"{"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"table":"other"}'])
def test_what_is_no_manifest(body: bytes) -> None:
    with pytest.raises(BadManifest):
        Manifest.decode(body)
