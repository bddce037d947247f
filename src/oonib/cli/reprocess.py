"""`oonib reprocess`: score the archive again, in parallel, resumable."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, out, own_folder, say, settings_for
from oonib.cli.longwork import LongWork
from oonib.cli.score import fingerprints_from

if TYPE_CHECKING:
    import threading

    from oonib.fastpath.reprocess import Comparison, Job, Sink, StoreAddress, Summary
    from oonib.scoring import FingerprintSet
    from oonib.settings import Settings
    from oonib.warehouse.client import Warehouse


def reprocess(
    *,
    since: Annotated[str, typer.Option(help="First day or hour, UTC: 2026-03-02 or 2026-03-02T10.")],
    until: Annotated[str, typer.Option(help="Day or hour to end before.")],
    source: Annotated[
        str | None,
        typer.Option("--from", help="Folder, file:// or s3://bucket/prefix. [default: the object store]"),
    ] = None,
    test_name: Annotated[
        list[str] | None, typer.Option(help="Only these tests; several with commas or repeated.")
    ] = None,
    probe_cc: Annotated[
        list[str] | None, typer.Option(help="Only these countries; several with commas or repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count the verdicts that would change; insert nothing.")
    ] = False,
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print rows as JSON lines; insert nothing.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Only so many files. 0: all.")] = 0,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Scoring processes. 0: one for each processor.")
    ] = 0,
    batch_rows: Annotated[int, typer.Option(min=1, help="Rows that are inserted together.")] = 5000,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget what an earlier run of the same command has done.")
    ] = False,
    fingerprints: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder or URL of fingerprints. [default: those in ClickHouse]"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Score the archive again and replace the rows. A run that was ended goes on where it was.

    Reads postcans, and legacy cans up to 2020-10-21; where only the lines of an hour are there, their uids
    are looked up in the index and `is_verified` is `u`. With `--fingerprints` and `--stdout` it needs no
    ClickHouse. Exit status 1: something could not be read or stored, and is named.

    Example: `oonib reprocess --since 2026-03-01 --until 2026-03-08 --test-name web_connectivity --dry-run`
    """
    if dry_run and stdout:
        fail("--dry-run and --stdout exclude each other", status=2)
    first, end = period(moment(since), moment(until))
    settings = settings_for(data_dir)
    needs_table = not (stdout and fingerprints)
    if not source or (needs_table and settings.clickhouse_url is None):
        in_data_dir(settings)
    from oonib.lifeline import stop_event
    from oonib.runtime import open_warehouse

    stopping = stop_event()
    warehouse = open_warehouse(settings) if needs_table else None
    with _failures():
        found = fingerprints_from(fingerprints) if fingerprints else _fingerprints_in(warehouse)
        address = address_of(settings, source)
        job = _job(
            settings,
            address=address,
            fingerprints=found,
            period=(first, end),
            tests=listed(test_name),
            ccs=listed(probe_cc),
            limit=limit,
        )
        work = _Work(settings, job, address, found, warehouse, stopping, workers or os.cpu_count() or 1)
        summary = (
            work.compare() if dry_run else work.print() if stdout else work.write(batch_rows, restart=restart)
        )
    _tell(summary)
    if summary.problems or not summary.complete:
        raise typer.Exit(1)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """What ends a run before its end, as a sentence with what to do."""
    from oonib.fastpath.offline import CrewBroken
    from oonib.fastpath.reprocess import CheckpointBusy
    from oonib.fastpath.writer import Stopped
    from oonib.objects import ObjectStoreError
    from oonib.warehouse.errors import WarehouseError

    try:
        yield
    except CheckpointBusy as exc:
        fail(str(exc))
    except (ObjectStoreError, WarehouseError, CrewBroken) as exc:
        fail(f"{type(exc).__name__}: {exc}; the same command goes on where this one ended")
    except Stopped:
        fail("stopped while waiting for ClickHouse; the same command goes on")


@dataclass(frozen=True, slots=True)
class _Work:
    """One run and the three things that can be done with its rows."""

    settings: "Settings"
    job: "Job"
    address: "StoreAddress"
    fingerprints: "FingerprintSet"
    warehouse: "Warehouse | None"
    stopping: "threading.Event"
    workers: int

    def write(self, batch_rows: int, *, restart: bool) -> "Summary":
        """Insert the rows, with a checkpoint."""
        from collections import Counter

        from oonib.fastpath.reprocess import Checkpoint, MarkedInserts, TableSink
        from oonib.fastpath.worker import Outcome
        from oonib.fastpath.writer import Writer
        from oonib.faults import from_environment
        from oonib.metrics import Metrics

        assert self.warehouse is not None
        folder = own_folder(self.settings.data_dir / "work") / "reprocess"
        checkpoint = Checkpoint(folder, self.job, restart=restart)
        if checkpoint.done:
            say(f"{len(checkpoint.done)} files were done by an earlier run; --restart does them again")
        refused: Counter[str] = Counter()

        def refuse(outcome: Outcome) -> None:
            refused[outcome.reason] += 1

        reach = from_environment()
        token = f"reprocess-{checkpoint.run_id}"
        writer = Writer(MarkedInserts(self.warehouse), token, Metrics(), self.stopping, reach)
        try:
            summary = self._run(
                TableSink(writer, checkpoint, refuse, reach, batch_rows=batch_rows), checkpoint.is_done
            )
        finally:
            checkpoint.close()
        summary.problems.update(refused)
        return summary

    def print(self) -> "Summary":
        """Rows on standard output."""
        from oonib.fastpath.reprocess import PrintingSink

        return self._run(PrintingSink(out), _never)

    def compare(self) -> "Summary":
        """What would change, on standard output."""
        from oonib.fastpath.reprocess import Comparison

        assert self.warehouse is not None
        comparison = Comparison(self.warehouse)
        summary = self._run(comparison, _never)
        _show(comparison)
        return summary

    def _run(self, sink: "Sink", is_done: "Callable[[str, int], bool]") -> "Summary":
        from oonib.fastpath.offline import Crew, Setup
        from oonib.fastpath.reprocess import ArchiveReader, Run, select, uids_of_lines

        warehouse = self.warehouse
        setup = Setup(self.fingerprints, self.settings.fingerprint_semantics, ArchiveReader(self.address))
        with Crew(setup, self.workers) as crew, LongWork("reprocessing") as progress:
            run = Run(
                self.job,
                crew,
                sink,
                uids_of=lambda keys: uids_of_lines(warehouse, keys) if warehouse else {},
                is_done=is_done,
                stopping=self.stopping,
                report=lambda summary: progress.show(
                    summary.share, summary.json_bytes, f"{summary.files} files"
                ),
            )
            return run.run(select(self.address.open(), self.job))


def _never(_key: str, _size: int) -> bool:
    return False


def address_of(settings: "Settings", source: str | None) -> "StoreAddress":
    """The archive that `--from` names, else that of the settings."""
    from oonib.fastpath.reprocess import StoreAddress

    secret, access = settings.s3_secret_key, settings.s3_access_key
    return StoreAddress(
        source or settings.store_url,
        settings.s3_endpoint_url,
        None if access is None else access.get_secret_value(),
        None if secret is None else secret.get_secret_value(),
        settings.s3_anonymous,
        settings.s3_region,
        Path() if source else settings.data_dir,
    )


def _fingerprints_in(warehouse: "Warehouse | None") -> "FingerprintSet":
    from oonib.reference.fingerprints import load_fingerprints

    assert warehouse is not None
    found = load_fingerprints(warehouse)
    if found is None:
        fail("no fingerprints are in ClickHouse yet; `oonib jobs run fingerprints --once` loads them")
    return found


def moment(text: str) -> datetime:
    """A day or hour as it was typed. Ends the program where it is none."""
    from oonib.fastpath.reprocess import BadPeriod, parse_moment

    try:
        return parse_moment(text)
    except BadPeriod as exc:
        fail(str(exc), status=2)


def period(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Both. Ends the program where nothing is between them."""
    if since >= until:
        fail("the period is empty: --until is not after --since", status=2)
    return since, until


def _job(
    settings: "Settings",
    *,
    address: "StoreAddress",
    fingerprints: "FingerprintSet",
    period: tuple[datetime, datetime],
    tests: list[str],
    ccs: list[str],
    limit: int,
) -> "Job":
    import oonib
    from oonib.fastpath.reprocess import Job

    url = settings.clickhouse_url
    parts = None if url is None else urlsplit(url.get_secret_value())
    return Job(
        source=f"{address.url} {address.endpoint_url or ''}".strip(),
        destination="embedded" if parts is None else f"{parts.hostname}:{parts.port}{parts.path}",
        since=period[0],
        until=period[1],
        tests=tuple(sorted({name.replace("_", "") for name in tests})),
        ccs=tuple(sorted({cc.upper() for cc in ccs})),
        limit=limit,
        snapshot=fingerprints.snapshot_id,
        semantics=settings.fingerprint_semantics,
        version=oonib.__version__,
    )


def listed(values: list[str] | None) -> list[str]:
    """Values that were repeated, or written with commas between them."""
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]


def _tell(summary: "Summary") -> None:
    """The end of the work in words, on standard error."""
    skipped = f" ({summary.skipped} were done before)" if summary.skipped else ""
    say(f"{summary.files} files read{skipped}, {summary.measurements} measurements")
    for (kind, reason), count in sorted(summary.outcomes.items()):
        say(f"  {count} {kind} {reason}".rstrip())
    for reason, count in sorted(summary.problems.items()):
        say(f"  {count} problems, named above: {reason}")
    if not summary.files and not summary.skipped:
        say("no files of this period and these filters")
    if not summary.complete:
        say("stopped before the end; the same command goes on")


def _show(comparison: "Comparison") -> None:
    """The comparison: tables for people, an object for programs."""
    import json
    import sys

    found = comparison.as_json()
    if not sys.stdout.isatty():
        out(json.dumps(found))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    counts = ", ".join(f"{found[name]} {name.replace('_', ' ')}" for name in list(found)[:4])
    console.print(counts)
    groups = Table("test", "country", "verdicts that change")
    for group in found["by_group"]:
        groups.add_row(group["test_name"], group["probe_cc"], str(group["changed"]))
    examples = Table("measurement", "input", "before", "after", caption="anomaly, confirmed, failure")
    for one in found["examples"]:
        examples.add_row(one["measurement_uid"], one["input"], one["before"], one["after"])
    for table in (groups, examples):
        if table.row_count:
            console.print(table)
