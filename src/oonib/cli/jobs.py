"""`oonib jobs`: timed work."""

from typing import Annotated

import typer

from oonib.cli.common import DataDir, fail, out, own_folder, settings_for, share_metrics

app = typer.Typer(help="Timed work: list the jobs, run them all, run one now.", no_args_is_help=True)


@app.command("list")
def show(data_dir: DataDir = None) -> None:
    """List the jobs and how often they run.

    Example: `oonib jobs list`
    """
    from oonib.jobs import catalogue
    from oonib.runtime import open_spool, open_warehouse

    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    for job in catalogue(settings, open_spool(settings), open_warehouse(settings)):
        out(f"{job.name:16} every {job.period / 3600:g} h  {job.help}")


@app.command()
def run(
    name: Annotated[
        str | None, typer.Argument(help="One job; without it, all of them when they are due.")
    ] = None,
    data_dir: DataDir = None,
    once: Annotated[bool, typer.Option("--once", help="Run it now, once, and end.")] = False,
) -> None:
    """Run the jobs when they are due, or one job now.

    Example: `oonib jobs run fingerprints --once`
    """
    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    if not once:
        # Where counts go is settled when the library that counts is imported.
        share_metrics(settings)

    from oonib import logs
    from oonib.jobs import Scheduler, catalogue
    from oonib.lifeline import follow_supervisor, stop_event
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse

    logs.configure(settings.log_level, "jobs")
    jobs = catalogue(settings, open_spool(settings), open_warehouse(settings))
    known = {job.name: job for job in jobs}
    if name is not None and name not in known:
        fail(f"there is no job {name}; there are {', '.join(known)}", status=2)
    scheduler = Scheduler([known[name]] if name else jobs, Metrics(), stop_event())
    if not once:
        follow_supervisor()
        scheduler.run()
        return
    results = {job.name: scheduler.run_job(job) for job in scheduler.jobs}
    for job_name, result in results.items():
        out(f"{job_name}: {result.message}")
    if not all(result.ok for result in results.values()):
        raise typer.Exit(1)
