"""Applying migrations and finding out what is missing.

Forward only. Every statement is idempotent (IF NOT EXISTS), so two migrators at
once, or one that dies half way, do no harm: the second pass does the rest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.migrations import expected
from oonib.warehouse.migrations.files import Migration, load, render_text, split

_log = structlog.get_logger(__name__)
_UNKNOWN_TABLE = 60
_UNKNOWN_DATABASE = 81
_TIMEOUT = 290.0
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations{{on_cluster}}
(
    `number` UInt32,
    `name` String,
    `checksum` String,
    `applied_at` DateTime64(3, 'UTC')
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that was applied, or would be in a dry run."""

    number: int
    name: str
    statements: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A difference between the program's schema and the server's."""

    kind: Literal["pending", "changed", "unknown", "missing_table", "missing_column"]
    subject: str
    detail: str


class MigrationChangedError(Exception):
    """A file differs from what was applied under its number."""


def migrate(
    warehouse: Warehouse, *, dry_run: bool = False, migrations: list[Migration] | None = None
) -> list[Applied]:
    """Apply what has not been applied yet, in order."""
    known = load() if migrations is None else migrations
    done = _applied(warehouse)
    changed = [one for one in known if one.number in done and not one.is_applied_as(done[one.number])]
    if changed:
        names = ", ".join(f"{one.number:04}_{one.name}" for one in changed)
        raise MigrationChangedError(f"changed since they were applied: {names}")
    pending = [one for one in known if one.number not in done]
    if pending and not dry_run:
        _prepare(warehouse)
        for migration in pending:
            _apply(warehouse, migration)
    return [Applied(one.number, one.name, len(one.statements(warehouse.cluster))) for one in pending]


def check(warehouse: Warehouse, *, migrations: list[Migration] | None = None) -> list[Problem]:
    """Everything that differs; empty when all is well."""
    known = load() if migrations is None else migrations
    done = _applied(warehouse)
    problems = []
    for one in known:
        label = f"{one.number:04}_{one.name}"
        if one.number not in done:
            problems.append(Problem("pending", label, "not applied yet"))
        elif not one.is_applied_as(done[one.number]):
            problems.append(Problem("changed", label, "differs from what was applied"))
    numbers = {one.number for one in known}
    problems += [
        Problem("unknown", f"{number:04}", "applied by another version of the program")
        for number in done
        if number not in numbers
    ]
    applied = [one for one in known if one.number in done]
    return problems + _missing(warehouse, expected.tables(applied))


def render(cluster: str | None = None) -> str:
    """All statements as text, for one server or for a cluster."""
    parts = [render_text(_LEDGER, cluster).strip() + ";\n"]
    for one in load():
        statements = ";\n\n".join(one.statements(cluster))
        parts.append(f"-- {one.number:04}_{one.name}\n{statements};\n")
    return "\n".join(parts)


def _prepare(warehouse: Warehouse) -> None:
    on_cluster = render_text("{{on_cluster}}", warehouse.cluster)
    name = warehouse.database.replace("`", "")
    warehouse.command(
        f"CREATE DATABASE IF NOT EXISTS `{name}`{on_cluster}", use_database=False, timeout=_TIMEOUT
    )
    for statement in split(render_text(_LEDGER, warehouse.cluster)):
        warehouse.command(statement, timeout=_TIMEOUT)


def _apply(warehouse: Warehouse, migration: Migration) -> None:
    for statement in migration.statements(warehouse.cluster):
        warehouse.command(statement, timeout=_TIMEOUT)
    row = (migration.number, migration.name, migration.checksum, datetime.now(UTC))
    warehouse.insert("schema_migrations", ("number", "name", "checksum", "applied_at"), [row])
    _log.info("warehouse.migrated", number=migration.number, name=migration.name)


def _applied(warehouse: Warehouse) -> dict[int, str]:
    try:
        rows = warehouse.select("SELECT number, checksum FROM schema_migrations FINAL ORDER BY number")
    except WarehouseError as error:
        if error.code in {_UNKNOWN_TABLE, _UNKNOWN_DATABASE}:
            return {}
        raise
    return {int(row["number"]): str(row["checksum"]) for row in rows}


def _missing(warehouse: Warehouse, wanted: dict[str, tuple[str, ...]]) -> list[Problem]:
    if not wanted:
        return []
    sql = "SELECT table, name FROM system.columns WHERE database = {database:String}"
    existing: dict[str, set[str]] = {}
    for row in warehouse.select(sql, {"database": warehouse.database}):
        existing.setdefault(row["table"], set()).add(row["name"])
    problems = []
    for table, columns in wanted.items():
        if table not in existing:
            problems.append(Problem("missing_table", table, "does not exist"))
            continue
        absent = [name for name in columns if name not in existing[table]]
        problems += [Problem("missing_column", f"{table}.{name}", "does not exist") for name in absent]
    return problems
