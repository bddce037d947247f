"""`oonib spool`: look at the queue, move in and out, check it."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from oonib.cli import deadletters
from oonib.cli.common import DataDir, fail, in_data_dir, out, say, settings_for

app = typer.Typer(help="The durable queue of this host.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder in the classic layout, with `incoming/` or above it.")]


@app.command()
def status(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """How much waits, since when, and the ledger of the last hours.

    Example: `oonib spool status --json`
    """
    from oonib.runtime import open_spool

    settings = settings_for(data_dir)
    in_data_dir(settings)
    spool = open_spool(settings)
    state = dataclasses.asdict(spool.status())
    ledger = [dataclasses.asdict(tally) for tally in spool.ledger()]
    if as_json:
        out(json.dumps({"spool": state, "ledger": ledger}))
        return
    for key, value in state.items():
        out(f"{key:20} {'-' if value is None else value}")
    for line in ledger[-48:]:
        out(f"{line['hour']} {line['outcome']:12} {line['reason']:24} {line['n']}")


app.command("dead-letters")(deadletters.listing)
app.command("dead-letter")(deadletters.show)
app.command("retry")(deadletters.retry)


@app.command("import")
def take_over(
    folder: Folder, data_dir: DataDir = None, move: bool = typer.Option(False, help="Delete what is stored.")
) -> None:
    """Take over `<hour>_<CC>_<test>/<uid>.post` files; damaged ones go to the quarantine folder.

    Example: `oonib spool import /var/lib/ooniapi/measurements/incoming`
    """
    from oonib.runtime import open_spool
    from oonib.spool import SpoolError
    from oonib.spool.porting import import_folder

    if not folder.is_dir():
        fail(f"there is no folder {folder}", status=2)
    settings = settings_for(data_dir)
    in_data_dir(settings)
    quarantine = settings.spool_path.parent / "quarantine"
    spool = open_spool(settings)
    try:
        result = import_folder(spool, folder, quarantine, move=move)
    except SpoolError as exc:
        fail(f"{exc}; what was stored so far stays stored, run it again later")
    finally:
        spool.close()
    say(
        f"{result.stored} stored, {result.known} already known,"
        f" {len(result.quarantined)} put into {quarantine}"
    )
    for name, reason in result.quarantined.items():
        out(f"{name}: {reason}")
    if result.quarantined:
        raise typer.Exit(1)


@app.command("export")
def write_out(folder: Folder, data_dir: DataDir = None) -> None:
    """Write everything that the spool holds as files in the classic layout. The spool keeps it.

    Example: `oonib spool export ./backup`
    """
    from oonib.runtime import open_spool
    from oonib.spool.porting import export_folder

    settings = settings_for(data_dir)
    in_data_dir(settings)
    count = export_folder(open_spool(settings), folder)
    say(f"{count} measurements written below {folder / 'incoming'}")


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Read the whole spool and name every damaged measurement.

    Example: `oonib spool check`
    """
    from oonib.runtime import open_spool
    from oonib.spool.checking import find_damage

    settings = settings_for(data_dir)
    in_data_dir(settings)
    spool = open_spool(settings)
    opened = spool.opening
    for path in sorted(settings.spool_path.parent.glob("*.damaged-*")):
        say(f"put aside because it was damaged: {path}")
    damaged = 0
    for problem in find_damage(spool):
        damaged += 1
        out(problem)
    say(f"{damaged} problems found")
    if damaged or opened.notices:
        raise typer.Exit(1)
