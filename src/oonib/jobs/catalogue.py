"""The jobs of one host, made from settings and the rooms that do the work."""

from datetime import UTC, datetime, timedelta
from functools import partial

from oonib.archive import Packer, PackerBusy
from oonib.editorial import open_records
from oonib.feedback.mirroring import mirror
from oonib.feedback.store import FeedbackStore
from oonib.jobs.archiving import open_packer
from oonib.jobs.renewals import renewals
from oonib.jobs.scheduler import Job, JobFailed
from oonib.jobs.service import archive_leases
from oonib.measurements.export import ExportFailed, open_exporter
from oonib.metrics import Metrics
from oonib.records import RecordsUnavailable
from oonib.runtime import open_objects
from oonib.settings import Settings
from oonib.spool import Spool, SpoolError
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.tidying import tidy

_HOUR = 3600.0
_DAY = 24 * _HOUR
_EXPORTED = timedelta(days=31)
"""How far back a day may change and be exported again without being asked for."""


def catalogue(settings: Settings, spool: Spool, warehouse: Warehouse, metrics: Metrics) -> list[Job]:
    """Every job, by name."""
    packer = open_packer(settings, spool, warehouse, metrics.archive, archive_leases(settings))
    return [
        *renewals(settings, warehouse, metrics.reference),
        Job(
            "archive",
            "Packs closed hours into the archive and lets them go from the spool.",
            _HOUR,
            partial(_archive, settings, packer),
            offset=settings.archive_grace_seconds % _HOUR,
            at_start=True,
        ),
        Job(
            "export-parquet",
            "Exports the days that changed in the last month as Parquet files.",
            _DAY,
            partial(_export, settings, warehouse),
            offset=3 * _HOUR,
            shared=True,
        ),
        Job(
            "spool-prune",
            "Forgets digests older than `spool_digest_days`.",
            _DAY,
            partial(_prune, spool),
            offset=1800.0,
        ),
        Job(
            "mirror-feedback",
            "Copies what people say of measurements to ClickHouse, for analyses.",
            _HOUR,
            partial(_mirror, settings, warehouse),
            offset=3000.0,
            shared=True,
        ),
        Job(
            "tidy",
            "Merges months of measurements that had no news for hours, so that reading them is quick.",
            _HOUR,
            partial(_tidy, warehouse),
            offset=2400.0,
            shared=True,
        ),
    ]


def _archive(settings: Settings, packer: Packer) -> str:
    grace = timedelta(seconds=settings.archive_grace_seconds)
    try:
        summary = packer.pack(datetime.now(UTC), include_current=False, grace=grace)
    except (PackerBusy, SpoolError) as exc:
        raise JobFailed(str(exc)) from exc
    if summary.problems:
        raise JobFailed(str(summary))
    return str(summary)


def _mirror(settings: Settings, warehouse: Warehouse) -> str:
    records = open_records(settings)
    try:
        return f"{mirror(FeedbackStore(records), warehouse)} verdicts copied"
    except (RecordsUnavailable, WarehouseError) as exc:
        raise JobFailed(str(exc)) from exc
    finally:
        records.close()


def _tidy(warehouse: Warehouse) -> str:
    try:
        return str(tidy(warehouse))
    except WarehouseError as exc:
        raise JobFailed(str(exc)) from exc


def _export(settings: Settings, warehouse: Warehouse) -> str:
    exporter = open_exporter(warehouse, open_objects(settings), settings.data_dir)
    today = datetime.now(UTC).date()
    try:
        return str(exporter.export(today - _EXPORTED, today))
    except ExportFailed as exc:
        raise JobFailed(str(exc)) from exc


def _prune(spool: Spool) -> str:
    try:
        return f"{spool.prune()} digests forgotten"
    except SpoolError as exc:
        raise JobFailed(str(exc)) from exc
