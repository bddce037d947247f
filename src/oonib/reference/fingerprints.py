"""Bringing fingerprints into ClickHouse, and from there to the scorers (ops contract 1.2).

An update exchanges tables only after everything was checked, so the old data stays on any failure. What a
valid file is belongs to `fingerprint_files`, the exchange to `swapping`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

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
from oonib.reference.problems import ReferenceProblem
from oonib.reference.sources import STARTER, is_remote, shown
from oonib.reference.swapping import Content, count_of, replace, version_of
from oonib.scoring import FingerprintSet
from oonib.warehouse.ports import Selects, Tables

__all__ = [
    "STARTER",
    "FingerprintProblem",
    "ReferenceProblem",
    "UpdateResult",
    "fingerprints_version",
    "load_fingerprints",
    "read_files",
    "update_fingerprints",
]

Timer = Callable[[str], AbstractContextManager[object]]


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
    tables: Tables,
    source: str,
    *,
    limits: tuple[int, int] | None = ROW_LIMITS,
    timer: Timer = nullcontext,
) -> UpdateResult:
    """Load the files of `source` unless they are loaded already. Raises `ReferenceProblem`.

    `source` is a web address, a folder or `STARTER`. Where a web address fails and there are no fingerprints
    at all yet, the starter set is loaded, so that a machine without network can score.
    """
    remark = ""
    try:
        with timer("fetch_csv"):
            files = read_files(source, limits=None if source == STARTER else limits)
    except FingerprintProblem as problem:
        if not is_remote(source) or any(count_of(tables, _live(table)) for table in TABLES):
            raise
        files = read_files(STARTER, limits=None)
        source, remark = STARTER, f"instead of {shown(source)}: {problem}"
    changed = replace(tables, [_content(files, table) for table in TABLES])
    snapshot = files.fingerprints().snapshot_id
    return UpdateResult(changed, len(files.dns), len(files.http), snapshot, shown(source), remark)


def load_fingerprints(tables: Selects) -> FingerprintSet | None:
    """The fingerprints in ClickHouse; None as long as one of the tables is empty."""
    dns, http = (_stored(tables, table) for table in TABLES)
    return fingerprint_set(dns, http) if dns and http else None


def fingerprints_version(tables: Selects) -> str:
    """A text that changes with the contents of the tables: to look often without reading them."""
    return " ".join(version_of(tables, _live(table)) for table in TABLES)


def _live(table: Table) -> str:
    return f"fingerprints_{table}"


def _content(files: FingerprintFiles, table: Table) -> Content:
    return Content(_live(table), f"{_live(table)}_tmp", COLUMNS, files.rows(table))


def _stored(tables: Selects, table: Table) -> tuple[Row, ...]:
    columns = ", ".join(COLUMNS)
    rows = tables.select(f"SELECT {columns} FROM {_live(table)}")  # noqa: S608 - fixed names
    # Ordered here, because the order of a text column of ClickHouse need not be that of Python.
    return tuple(sorted(tuple(row[column] for column in COLUMNS) for row in rows))
