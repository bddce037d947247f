"""Exports read back by another program and compared with the table row by row, late and rescored ones too."""

import hashlib
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from oonib.cli import archive
from oonib.jobs import JobFailed, catalogue
from oonib.measurements.export import Exporter, Manifest, manifest_key
from oonib.measurements.export.store import ExportStore
from oonib.metrics import Metrics
from oonib.objects import ObjectStore
from oonib.settings import Settings
from oonib.spool import Limits, Spool
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import FASTPATH_COLUMNS

from support.serving import measurement

DAY = date(2026, 3, 2)
START = datetime(2026, 3, 2, tzinfo=UTC)


def rows(numbers: range, **more: Any) -> list[dict[str, Any]]:
    return [
        measurement(
            measurement_uid=f"20260302100000.{number:06}_BR_x_0123456789abcdef",
            measurement_start_time=START + timedelta(seconds=number * 21),
            input="https://ü.example/\n" if number % 2 else "",
            ooni_run_link_id=abs(number) if number % 3 else None,
            **more,
        )
        for number in numbers
    ]


def insert(warehouse: Warehouse, some: list[dict[str, Any]]) -> None:
    warehouse.insert("fastpath", list(some[0]), [list(row.values()) for row in some])


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(str(tmp_path / "objects"))


@pytest.fixture
def exporter(warehouse: Warehouse, objects: ObjectStore, tmp_path: Path) -> Exporter:
    store = ExportStore(warehouse, slice_rows=1000)
    return Exporter(store, objects, tmp_path / "work", lambda: datetime(2026, 3, 10, tzinfo=UTC))


def exported(objects: ObjectStore) -> tuple[Manifest, list[dict[str, Any]]]:
    """The manifest, and the rows of its files after everything that it says of them was checked."""
    made = Manifest.decode(objects.get(manifest_key(DAY)))
    found: list[dict[str, Any]] = []
    for file in made.files:
        body = objects.get(file.key)
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.bytes, file.sha256)
        table = pyarrow.parquet.read_table(io.BytesIO(body))
        assert table.num_rows == file.rows <= 1000
        assert tuple(table.column_names) == FASTPATH_COLUMNS
        times = [row["measurement_start_time"] for row in table.to_pylist()]
        assert times == sorted(times)
        assert all(file.since <= f"{time:%Y-%m-%dT%H:%M:%SZ}" < file.until for time in times)
        found += table.to_pylist()
    return made, found


def test_what_is_read_back_is_the_table(
    warehouse: Warehouse, exporter: Exporter, objects: ObjectStore, tmp_path: Path
) -> None:
    first = rows(range(2500))
    # Neighbours of the day, which are not in it.
    outside = rows(range(4200, 4210)) + rows(range(-3, 0))
    insert(warehouse, first + outside)
    exporter.export(DAY, DAY + timedelta(days=1))
    made, found = exported(objects)
    assert found == first
    assert (made.rows, made.version, len(made.files)) == (2500, 1, 3)
    assert dict(made.columns)["measurement_start_time"].startswith("DateTime")

    again = rows(range(100), anomaly="t", scores='{"blocking_general":1.0}')
    late = rows(range(2500, 2600))
    insert(warehouse, again)
    insert(warehouse, late)
    exporter.export(DAY, DAY + timedelta(days=1))
    made, found = exported(objects)
    assert found == again + first[100:] + late
    assert (made.rows, made.version, made.earlier[0].rows) == (2600, 2, 2500)
    assert exporter.export(DAY, DAY + timedelta(days=1)).unchanged == 1

    # Whoever reads the whole folder gets each row once, and the day from the path.
    folder = pyarrow.dataset.dataset(
        tmp_path / "objects" / "export" / "fastpath",
        partitioning="hive",
        exclude_invalid_files=True,
    )
    assert folder.count_rows() == 2600
    assert set(folder.to_table(columns=["date"]).column("date").to_pylist()) == {"2026-03-02"}


def test_a_day_without_measurements_has_no_export(exporter: Exporter, objects: ObjectStore) -> None:
    assert exporter.export(DAY, DAY + timedelta(days=3)).unchanged == 3
    assert not list(objects.list())


def test_the_job_exports_the_days_of_the_last_month(warehouse: Warehouse, tmp_path: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    insert(warehouse, [measurement(measurement_start_time=yesterday.replace(microsecond=0))])
    settings = Settings(data_dir=tmp_path)
    spool = Spool(tmp_path / "spool.sqlite", Limits(disk_reserve=0))
    jobs = {job.name: job for job in catalogue(settings, spool, warehouse, Metrics())}
    assert jobs["export-parquet"].shared
    assert jobs["export-parquet"].run() == "1 days exported with 1 rows, 30 unchanged"
    spool.close()
    away = Warehouse.connect("http://default:@127.0.0.1:1/ooni")
    broken = {job.name: job for job in catalogue(settings, spool, away, Metrics())}
    with pytest.raises(JobFailed):
        broken["export-parquet"].run()


@pytest.mark.parametrize(
    "asked", [["--since", "2026-13-01"], ["--since", "2026-03-02", "--until", "2026-03-02"], ["--until", "x"]]
)
def test_days_that_are_none(asked: list[str], tmp_path: Path) -> None:
    found = CliRunner().invoke(archive.app, ["export-parquet", *asked, "--data-dir", str(tmp_path)])
    assert found.exit_code == 2
