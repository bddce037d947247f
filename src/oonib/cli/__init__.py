"""The `oonib` command: one file for each sub-command, put together here.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 done with problems
that are named, 2 wrong use (design section 7). Each command loads only what it needs, when it runs.
"""

import sys

import typer

from oonib import logs
from oonib.cli import (
    account,
    api,
    archive,
    clickhouse,
    credentials,
    db,
    demo,
    doctor,
    fastpath,
    feeder,
    jobs,
    openapi,
    settings,
    simulate,
    spool,
)
from oonib.cli import normalise as normalise_command
from oonib.cli import reprocess as reprocess_command
from oonib.cli import score as score_command
from oonib.cli import submit as submit_command
from oonib.cli import up as up_command
from oonib.cli.common import fail
from oonib.settings import BadSettings
from oonib.spool.entries import CorruptBody
from oonib.spool.errors import SpoolError

app = typer.Typer(
    name="oonib",
    help="The OONI backend: collects, scores, archives and serves measurements of internet censorship.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

app.command("up")(up_command.up)
app.command("submit")(submit_command.submit)
app.command("score")(score_command.score)
app.command("normalise")(normalise_command.normalise)
app.command("reprocess")(reprocess_command.reprocess)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings.show)
app.command("openapi")(openapi.show)
app.command("simulate")(simulate.simulate)
app.command("demo")(demo.demo)
app.command("api")(api.api)
app.command("fastpath")(fastpath.fastpath)
app.command("feeder", hidden=True)(feeder.feeder)
app.command("clickhouse")(clickhouse.clickhouse)
app.add_typer(jobs.app, name="jobs")
app.add_typer(archive.app, name="archive")
app.add_typer(spool.app, name="spool")
app.add_typer(db.app, name="db")
app.add_typer(account.app, name="account")
app.add_typer(credentials.app, name="credentials")


def main() -> None:
    """Run the command line."""
    # Daemons say more: they set up their own logs once their settings are known.
    logs.configure("warning")
    try:
        app()
    except BadSettings as exc:
        fail(str(exc), status=2)
    except BrokenPipeError:
        # The reader of our output (`| head`) has seen enough.
        sys.exit(0)
    except (SpoolError, CorruptBody, OSError) as exc:
        fail(f"{type(exc).__name__}: {exc}")
