"""`oonib db`: the tables of ClickHouse and of the records, queries by hand, and importing old records."""

import csv
import enum
import json
import re
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, out, own_folder, say, settings_for
from oonib.settings import Settings

if TYPE_CHECKING:
    from oonib.records.importing import Imported

app = typer.Typer(
    help="ClickHouse and the records: bring the tables up to date, check, query, import.",
    no_args_is_help=True,
)

_IMPORT_SECONDS = 600.0
_READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b", re.IGNORECASE)

_HAS_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*$", re.IGNORECASE)


class Output(enum.StrEnum):
    """How `oonib db query` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command()
def migrate(
    data_dir: DataDir = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for ClickHouse to answer.")] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print the statements that would run.")
    ] = False,
) -> None:
    """Apply the migrations that are missing, to the records and to ClickHouse. Safe to repeat.

    Example: `oonib db migrate --wait 30`
    """
    from oonib.runtime import open_warehouse
    from oonib.warehouse.errors import WarehouseError
    from oonib.warehouse.migrations import MigrationChangedError
    from oonib.warehouse.migrations import migrate as run

    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    _migrate_records(settings, dry_run=dry_run)
    warehouse = open_warehouse(settings)
    until = time.monotonic() + wait
    while not warehouse.ping() and time.monotonic() < until:
        time.sleep(0.2)
    try:
        applied = run(warehouse, dry_run=dry_run)
    except (WarehouseError, MigrationChangedError) as exc:
        fail(str(exc))
    for migration in applied:
        out(str(migration))
    say(f"{len(applied)} migrations {'would be ' if dry_run else ''}applied")


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Compare the tables of the records and of ClickHouse with those this version needs.

    Example: `oonib db check`
    """
    from oonib.runtime import open_warehouse
    from oonib.warehouse.errors import WarehouseError
    from oonib.warehouse.migrations import check as run

    settings = settings_for(data_dir)
    _there(settings)
    problems = _records_problems(settings)
    try:
        problems += map(str, run(open_warehouse(settings)))
    except WarehouseError as exc:
        fail("; ".join([*problems, str(exc)]))
    for problem in problems:
        out(problem)
    if problems:
        raise typer.Exit(1)
    say("the schema is up to date")


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One statement.")],
    data_dir: DataDir = None,
    output: Annotated[Output, typer.Option("--format", help="How to print the rows.")] = Output.TABLE,
) -> None:
    """Run one statement and print its result.

    Example: `oonib db query "SELECT test_name, count() FROM fastpath GROUP BY 1" --format csv`
    """
    from oonib.runtime import open_warehouse
    from oonib.warehouse.errors import WarehouseError

    settings = settings_for(data_dir)
    if _HAS_FORMAT.search(sql):
        fail("leave the FORMAT clause out; --format says how the rows are printed", status=2)
    _there(settings)
    warehouse = open_warehouse(settings)
    try:
        if _READS.match(sql) is None:
            out(warehouse.command(sql))
            return
        result = warehouse.select_rows(sql)
    except WarehouseError as exc:
        fail(str(exc))
    _print(result.column_names, result.rows, output)


@app.command("import-records")
def import_records(
    source: Annotated[
        str, typer.Option("--from", help="The old ClickHouse: http://user:password@host:8123/database.")
    ],
    data_dir: DataDir = None,
) -> None:
    """Take over what OONI's older backend kept in ClickHouse: roles, findings, links, priorities, feedback.

    Safe to repeat: what is here already stays as it is. Account ids only fit with the same
    account_id_hashing_key.

    Example: `oonib db import-records --from http://reader@old.example.org:8123/default`
    """
    from oonib.editorial import open_records
    from oonib.records import Conflict, RecordsUnavailable
    from oonib.records.importing import import_records as run
    from oonib.records.migrating import migrate as prepare
    from oonib.warehouse.client import Warehouse
    from oonib.warehouse.errors import WarehouseError

    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    records = open_records(settings)
    try:
        old = Warehouse.connect(source, timeout=_IMPORT_SECONDS)
        prepare(records)
        for done in run(old.select, records):
            out(_told(done))
    except ValueError as exc:
        fail(f"--from: {exc}", status=2)
    except (WarehouseError, Conflict, RecordsUnavailable) as exc:
        fail(f"{type(exc).__name__}: {exc}; the same command goes on")
    finally:
        records.close()


def _told(done: "Imported") -> str:
    if not done.there:
        return f"{done.table}: there is no such table"
    left_out = "".join(
        f", {number} left out ({problem})" for problem, number in (done.problems or {}).items()
    )
    return f"{done.table}: {done.read} read, {done.added} added, {done.known} here already{left_out}"


def _migrate_records(settings: Settings, *, dry_run: bool) -> None:
    from oonib.editorial import open_records
    from oonib.records import Conflict, RecordsUnavailable
    from oonib.records.migrating import check as look
    from oonib.records.migrating import migrate as run

    records = open_records(settings)
    try:
        for name in look(records) if dry_run else run(records):
            out(f"records {name}")
    except (Conflict, RecordsUnavailable) as exc:
        fail(f"the records: {exc}")
    finally:
        records.close()


def _records_problems(settings: Settings) -> list[str]:
    from oonib.editorial import open_records
    from oonib.records import RecordsUnavailable
    from oonib.records.migrating import check as look

    records = open_records(settings)
    try:
        return [f"records: {problem}" for problem in look(records)]
    except RecordsUnavailable as exc:
        return [f"records: away ({exc})"]
    finally:
        records.close()


def _there(settings: Settings) -> None:
    if settings.clickhouse_url is None:
        in_data_dir(settings)


def _print(names: Sequence[str], rows: Sequence[Sequence[object]], output: Output) -> None:
    if output is Output.JSON:
        for row in rows:
            out(json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False))
    elif output is Output.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(*names)
        for row in rows:
            table.add_row(*(str(value) for value in row))
        Console().print(table)
