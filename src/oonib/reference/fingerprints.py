"""Bringing fingerprints into ClickHouse, and from there to the scorers (ops contract 1.2).

An update fills the `_tmp` tables and exchanges them with the live ones only after everything was checked, so
the old data stays on any failure. What a valid file is belongs to `fingerprint_files`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from oonib.reference.fingerprint_files import (
    COLUMNS,
    ROW_LIMITS,
    TABLES,
    FingerprintFiles,
    FingerprintProblem,
    Row,
    Table,
    fingerprint_set,
    read_files,
)
from oonib.reference.sources import STARTER, is_remote
from oonib.scoring import FingerprintSet

__all__ = [
    "STARTER",
    "FingerprintProblem",
    "UpdateResult",
    "Warehouse",
    "fingerprints_version",
    "load_fingerprints",
    "read_files",
    "update_fingerprints",
]


class Warehouse(Protocol):
    """What this module needs of the door to ClickHouse."""

    cluster: str | None

    def select(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """All rows as dictionaries."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        """Insert rows."""

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> str:
        """Run a statement."""


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What an update did. `str()` is a sentence for logs."""

    changed: bool
    dns: int
    http: int
    snapshot_id: str
    source: str
    remark: str = ""

    def __str__(self) -> str:
        action = "loaded" if self.changed else "unchanged"
        counts = f"{self.dns} DNS and {self.http} HTTP fingerprints"
        remark = f" ({self.remark})" if self.remark else ""
        return f"{counts} {action} from {self.source}, snapshot {self.snapshot_id}{remark}"


def update_fingerprints(
    warehouse: Warehouse, source: str, *, limits: tuple[int, int] | None = ROW_LIMITS
) -> UpdateResult:
    """Load the files of `source` unless they are loaded already. Raises `FingerprintProblem`.

    `source` is a web address, a folder or `STARTER`. Where a web address fails and there are no fingerprints
    at all yet, the starter set is loaded, so that a machine without network can score.
    """
    present = {table: _stored(warehouse, table) for table in TABLES}
    remark = ""
    try:
        files = read_files(source, limits=None if source == STARTER else limits)
    except FingerprintProblem as problem:
        if not is_remote(source) or any(present.values()):
            raise
        files = read_files(STARTER, limits=None)
        source, remark = STARTER, f"instead of {source}: {problem}"
    changed = any(files.rows(table) != present[table] for table in TABLES)
    if changed:
        _replace(warehouse, files)
    snapshot = files.fingerprints().snapshot_id
    return UpdateResult(changed, len(files.dns), len(files.http), snapshot, source, remark)


def load_fingerprints(warehouse: Warehouse) -> FingerprintSet | None:
    """The fingerprints in ClickHouse; None as long as one of the tables is empty."""
    dns, http = (_stored(warehouse, table) for table in TABLES)
    return fingerprint_set(dns, http) if dns and http else None


def fingerprints_version(warehouse: Warehouse) -> str:
    """A text that changes with the contents of the tables: to look often without reading them."""
    version = "concat(toString(count()), '-', toString(sum(sipHash64(*))))"
    rows = [
        warehouse.select(f"SELECT {version} AS v FROM fingerprints_{table}")[0]  # noqa: S608 - fixed names
        for table in TABLES
    ]
    return " ".join(str(row["v"]) for row in rows)


def _stored(warehouse: Warehouse, table: Table) -> tuple[Row, ...]:
    columns = ", ".join(COLUMNS)
    rows = warehouse.select(f"SELECT {columns} FROM fingerprints_{table}")  # noqa: S608 - fixed names
    # Ordered here, because the order of a text column of ClickHouse need not be that of Python.
    return tuple(sorted(tuple(row[column] for column in COLUMNS) for row in rows))


def _replace(warehouse: Warehouse, files: FingerprintFiles) -> None:
    for table in TABLES:
        _fill(warehouse, table, files.rows(table))
    cluster = _on_cluster(warehouse)
    for table in TABLES:
        warehouse.command(f"EXCHANGE TABLES fingerprints_{table}_tmp AND fingerprints_{table}{cluster}")


def _fill(warehouse: Warehouse, table: Table, rows: tuple[Row, ...]) -> None:
    name = f"fingerprints_{table}_tmp"
    warehouse.command(f"TRUNCATE TABLE {name}{_on_cluster(warehouse)}")
    # The table may have held these rows before: a fresh token keeps them from counting as a repetition.
    warehouse.insert(name, COLUMNS, rows, dedup_token=uuid4().hex)
    counted = warehouse.select(f"SELECT count() AS n FROM {name}")[0]["n"]  # noqa: S608 - fixed names
    if counted != len(rows):
        raise FingerprintProblem(f"fingerprints_{table}.csv", 0, f"{counted} of {len(rows)} rows were stored")


def _on_cluster(warehouse: Warehouse) -> str:
    return f" ON CLUSTER `{warehouse.cluster}`" if warehouse.cluster else ""
