"""`oonib db`: the ClickHouse schema and queries by hand."""

import csv
import enum
import json
import re
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, out, own_folder, say, settings_for
from oonib.settings import Settings

app = typer.Typer(help="ClickHouse: bring the schema up to date, check it, query it.", no_args_is_help=True)

_READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b", re.IGNORECASE)


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
    """Apply the migrations that are missing. Safe to repeat.

    Example: `oonib db migrate --wait 30`
    """
    from oonib.runtime import open_warehouse
    from oonib.warehouse.errors import WarehouseError
    from oonib.warehouse.migrations import MigrationChangedError
    from oonib.warehouse.migrations import migrate as run

    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
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
    """Compare the schema of the server with the one this version needs.

    Example: `oonib db check`
    """
    from oonib.runtime import open_warehouse
    from oonib.warehouse.errors import WarehouseError
    from oonib.warehouse.migrations import check as run

    settings = settings_for(data_dir)
    _there(settings)
    try:
        problems = run(open_warehouse(settings))
    except WarehouseError as exc:
        fail(str(exc))
    for problem in problems:
        out(str(problem))
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
