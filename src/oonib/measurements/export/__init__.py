"""Whole days of the table of measurements as Parquet files in the object store, each day with a manifest.

Owns keys, slices, versions and the manifest. A day that has not changed is left alone; one that has gets a
new version, and the files of the old one go once nothing names them any more.
"""

from pathlib import Path

from oonib.measurements.export.exporter import Exporter, ExportFailed, Summary
from oonib.measurements.export.manifest import PREFIX, BadManifest, ExportFile, Manifest, manifest_key
from oonib.measurements.export.store import ExportStore
from oonib.objects import ObjectStore
from oonib.warehouse.client import Warehouse

__all__ = [
    "PREFIX",
    "BadManifest",
    "ExportFailed",
    "ExportFile",
    "Exporter",
    "Manifest",
    "Summary",
    "manifest_key",
    "open_exporter",
]


def open_exporter(warehouse: Warehouse, objects: ObjectStore, data_dir: Path) -> Exporter:
    """An exporter over its real parts. Files are made below `data_dir` before they are uploaded."""
    return Exporter(ExportStore(warehouse), objects, data_dir / "work")
