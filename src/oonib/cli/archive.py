"""`oonib archive`: what goes into the archive, what is in it, and what is exported beside it."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from oonib.cli import reindex, remove, sync, verify
from oonib.cli.common import DataDir, fail, in_data_dir, out, say, settings_for, share_metrics

app = typer.Typer(
    help="The archive: pack into it, list, copy, verify and index it, remove from it.", no_args_is_help=True
)


app.command("sync")(sync.sync)


@app.command()
def pack(
    data_dir: DataDir = None,
    now: Annotated[
        bool, typer.Option("--now", help="Include hours that are not over, the current one too.")
    ] = False,
) -> None:
    """Pack what waits in the spool, upload it, index it. Run twice it adds nothing.

    Example: `oonib archive pack --now`
    """
    settings = settings_for(data_dir)
    in_data_dir(settings)
    # Where counts go is settled when the library that counts is imported.
    share_metrics(settings)

    from oonib.archive import PackerBusy
    from oonib.jobs import archive_leases, open_packer
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse
    from oonib.spool import SpoolError

    leases = archive_leases(settings)
    packer = open_packer(settings, open_spool(settings), open_warehouse(settings), Metrics().archive, leases)
    grace = timedelta(seconds=settings.archive_grace_seconds)
    try:
        summary = packer.pack(datetime.now(UTC), include_current=now, grace=grace)
    except (PackerBusy, SpoolError) as exc:
        fail(str(exc))
    say(str(summary))
    if summary.problems:
        raise typer.Exit(1)


@app.command("list")
def show(
    prefix: Annotated[str, typer.Argument(help="Only keys that begin so.")] = "raw/",
    data_dir: DataDir = None,
) -> None:
    """List the objects of the archive: size in bytes and key.

    Example: `oonib archive list raw/20260302/`
    """
    from oonib.objects import ObjectStoreError
    from oonib.runtime import open_objects

    settings = settings_for(data_dir)
    if not settings.object_store_url:
        in_data_dir(settings)
    try:
        for found in open_objects(settings).list(prefix):
            out(f"{found.size:>12} {found.key}")
    except ObjectStoreError as exc:
        fail(str(exc))


@app.command("export-parquet")
def export_parquet(
    since: Annotated[
        str, typer.Option(help="First day, UTC: 2026-03-02. [default: thirty days before --until]")
    ] = "",
    until: Annotated[str, typer.Option(help="Day to end before. [default: today]")] = "",
    data_dir: DataDir = None,
) -> None:
    """Export days of the table of measurements as Parquet files. Days that did not change are left alone.

    Prints day, version, rows and bytes of each that was exported.

    Example: `oonib archive export-parquet --since 2026-03-01 --until 2026-03-08`
    """
    from oonib.measurements.export import ExportFailed, Manifest, open_exporter
    from oonib.runtime import open_objects, open_warehouse

    first, end = _period(since, until)
    settings = settings_for(data_dir)
    in_data_dir(settings)

    def note(made: Manifest) -> None:
        size = sum(file.bytes for file in made.files)
        out(f"{made.date} v{made.version} {made.rows:>12} {size:>14}")

    exporter = open_exporter(open_warehouse(settings), open_objects(settings), settings.data_dir)
    try:
        say(str(exporter.export(first, end, note)))
    except ExportFailed as exc:
        fail(str(exc))


app.command()(verify.verify)
app.command()(reindex.reindex)
app.command()(remove.remove)


def _period(since: str, until: str) -> tuple[date, date]:
    try:
        end = date.fromisoformat(until) if until else datetime.now(UTC).date()
        first = date.fromisoformat(since) if since else end - timedelta(days=30)
    except (ValueError, OverflowError):
        fail("days look like 2026-03-02", status=2)
    if first >= end:
        fail("the period is empty: --until is not after --since", status=2)
    return first, end
