"""`oonib jobs`: timed work."""

from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import DataDir, fail, out, own_folder, settings_for, share_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oonib.jobs.scheduler import Job
    from oonib.jobs.service import JobStatus

app = typer.Typer(help="Timed work: list the jobs, run them all, run one now.", no_args_is_help=True)


@app.command("list")
def show(data_dir: DataDir = None) -> None:
    """List the jobs, how often they run, and what came of the last run on this host.

    Example: `oonib jobs list`
    """
    from oonib.jobs import JobsService, catalogue
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse

    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    jobs = catalogue(settings, open_spool(settings), open_warehouse(settings), Metrics())
    for status in JobsService(jobs, settings.jobs_dir).statuses():
        out(f"{status.name:16} every {status.period / 3600:g} h  {status.help}")
        out(f"{'':16} {_last_run(status)}")


@app.command()
def run(
    name: Annotated[
        str | None, typer.Argument(help="One job; without it, all of them when they are due.")
    ] = None,
    data_dir: DataDir = None,
    once: Annotated[bool, typer.Option("--once", help="Run it now, once, and end.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check the source of reference data; change nothing.")
    ] = False,
) -> None:
    """Run the jobs when they are due, or one job now.

    Example: `oonib jobs run fingerprints --once`
    """
    once = once or dry_run
    settings = settings_for(data_dir)
    own_folder(settings.data_dir)
    if not once:
        # Where counts go is settled when the library that counts is imported.
        share_metrics(settings)

    from oonib import logs
    from oonib.jobs import Runner, Scheduler, catalogue, leases_for
    from oonib.lifeline import follow_supervisor, stop_event
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse

    logs.configure(settings.log_level, "jobs")
    metrics = Metrics()
    jobs = catalogue(settings, open_spool(settings), open_warehouse(settings), metrics)
    known = {job.name: job for job in jobs}
    if name is not None and name not in known:
        fail(f"there is no job {name}; there are {', '.join(known)}", status=2)
    chosen = [known[name]] if name else jobs
    if dry_run:
        _rehearse(chosen)
        return
    runner = Runner(settings.jobs_dir, metrics, leases_for(settings))
    if not once:
        follow_supervisor()
        plan = runner.journal.plan
        Scheduler(chosen, runner.run, stop_event(), planned=lambda job, due: plan(job.name, due)).run()
        return
    results = {job.name: runner.run(job, by_hand=True) for job in chosen}
    for job_name, result in results.items():
        out(f"{job_name}: {'not run: ' if result.skipped else ''}{result.message}")
    if not all(result.ok and not result.skipped for result in results.values()):
        raise typer.Exit(1)


def _rehearse(jobs: "Sequence[Job]") -> None:
    from oonib.jobs.scheduler import JobFailed

    able = [job for job in jobs if job.rehearse is not None]
    if not able:
        fail(f"{jobs[0].name} cannot be rehearsed", status=2)
    failed = False
    for job in able:
        assert job.rehearse is not None
        try:
            out(f"{job.name}: {job.rehearse()}")
        except JobFailed as exc:
            out(f"{job.name}: {exc}")
            failed = True
    if failed:
        raise typer.Exit(1)


def _last_run(status: "JobStatus") -> str:
    last = status.last
    if status.running:
        return "running now"
    if last.at is None:
        return "has not run here yet"
    verdict = "ok" if last.ok else "FAILED"
    due = f"; due {last.next_due:%Y-%m-%d %H:%M:%S}Z" if last.next_due else ""
    return f"{verdict} {last.at:%Y-%m-%d %H:%M:%S}Z: {last.message}{due}"
