"""`oonib archive verify`: whether an archive is what was signed, and its rows what it gives."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, out, say, settings_for
from oonib.cli.longwork import LongWork
from oonib.cli.reprocess import address_of, listed
from oonib.cli.score import fingerprints_from

if TYPE_CHECKING:
    from oonib.archive.reading import Problem
    from oonib.archive.verify import RowComparison, VerifySummary
    from oonib.fastpath.reprocess import Job
    from oonib.scoring import FingerprintSet
    from oonib.settings import Settings

_SHOWN = 50
_HELD = 10
_MEGABYTE = 1_000_000


def verify(
    *,
    since: Annotated[str, typer.Option(help="First day or hour, UTC. [default: all]")] = "",
    until: Annotated[str, typer.Option(help="Day or hour to end before. [default: all]")] = "",
    source: Annotated[
        str | None,
        typer.Option("--from", help="Folder, file:// or s3://bucket/prefix. [default: the object store]"),
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="A key to trust, in hexadecimal; several may be given.")
    ] = None,
    test_name: Annotated[
        list[str] | None, typer.Option(help="Only these tests; several with commas or repeated.")
    ] = None,
    probe_cc: Annotated[
        list[str] | None, typer.Option(help="Only these countries; several with commas or repeated.")
    ] = None,
    no_score: Annotated[
        bool, typer.Option("--no-score", help="Do not score the measurements again.")
    ] = False,
    rows: Annotated[
        str | None,
        typer.Option("--rows", metavar="URL", help="API that published the rows. [default: ClickHouse]"),
    ] = None,
    fingerprints: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder or URL of fingerprints. [default: those in ClickHouse]"),
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, max=256, help="Processes. 0: one for each processor.")] = 0,
    data_dir: DataDir = None,
) -> None:
    """Check an archive: every object, the chain of manifests, and the published rows.

    Each difference is a line on standard output, the first one first: object and line, what kind, whose
    measurement. Works on a downloaded folder without a backend. Exit status 1: something differs.

    Example: `oonib archive verify --from ./downloaded --public-key 5f3e… --no-score`
    """
    period = _job(since, until, listed(test_name), listed(probe_cc))
    settings = settings_for(data_dir)
    if source is None:
        in_data_dir(settings)
    from oonib.archive.verify import RowsAway
    from oonib.fastpath.offline import CrewBroken
    from oonib.objects import ObjectStoreError
    from oonib.warehouse.errors import WarehouseError

    asked = _Asked(
        settings, source, period, _trusted(settings, source, public_key), not no_score, rows, fingerprints
    )
    try:
        with ExitStack() as stack:
            summary = asked.run(stack, jobs or os.cpu_count() or 1)
    except (ObjectStoreError, WarehouseError, RowsAway, CrewBroken) as exc:
        fail(f"{type(exc).__name__}: {exc}; nothing is known of the rest")
    _tell(summary)
    if summary.first is not None:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be verified, and against what."""

    settings: "Settings"
    source: str | None
    job: "Job"
    trusted: tuple[str, ...]
    scored: bool
    rows: str | None
    fingerprints: str | None

    def run(self, stack: ExitStack, jobs: int) -> "VerifySummary":
        """All of it, with a line for each difference."""
        from oonib.archive.verify import CanReader, Verification
        from oonib.fastpath.offline import Crew, Setup

        fingerprints, rows = self._against(stack)
        address = address_of(self.settings, self.source)
        setup = Setup(fingerprints, self.settings.fingerprint_semantics, CanReader(address))
        crew = stack.enter_context(Crew(setup, jobs))
        progress = stack.enter_context(LongWork("verifying"))
        shown = _Shown()
        verification = Verification(
            address.open(),
            crew,
            job=self.job,
            trusted=self.trusted,
            rows=rows,
            scored=rows is not None,
            found=shown.show,
            report=lambda now: progress.show(now.share, now.bytes, f"{now.cans} cans"),
        )
        return verification.run()

    def _against(self, stack: ExitStack) -> "tuple[FingerprintSet, RowComparison | None]":
        """Fingerprints to score with, and the rows to hold against; none where there are none."""
        from oonib.archive.verify import FromApi, FromTable, RowComparison
        from oonib.reference.fingerprints import load_fingerprints
        from oonib.runtime import open_warehouse
        from oonib.scoring import FingerprintSet

        nothing = FingerprintSet.of([], [])
        if not self.scored:
            say("measurements are not scored again (--no-score)")
            return nothing, None
        if self.rows is not None:
            api = FromApi(self.rows)
            stack.callback(api.close)
            return fingerprints_from(self.fingerprints), RowComparison(api)
        if self.source is not None and self.settings.clickhouse_url is None:
            say("published rows are not compared: there is no ClickHouse here; --rows URL asks an API")
            return nothing, None
        warehouse = open_warehouse(self.settings)
        stack.callback(warehouse.close)
        if self.fingerprints:
            return fingerprints_from(self.fingerprints), RowComparison(FromTable(warehouse))
        found = load_fingerprints(warehouse)
        if found is None:
            say("published rows are not compared: no fingerprints are in ClickHouse")
            return nothing, None
        return found, RowComparison(FromTable(warehouse))


class _Shown:
    """Prints differences, up to a number: an archive that is another one would differ in everything."""

    def __init__(self) -> None:
        self._count = 0

    def show(self, problem: "Problem") -> None:
        """One difference."""
        self._count += 1
        if self._count <= _SHOWN:
            out(f"{problem.place}\t{problem.reason}\t{problem.detail}")
        elif self._count == _SHOWN + 1:
            say(f"more than {_SHOWN} differences; the rest is counted")


def _job(since: str, until: str, tests: list[str], ccs: list[str]) -> "Job":
    from oonib.fastpath.reprocess import BadPeriod, Job, parse_moment
    from oonib.fastpath.reprocess.job import ALWAYS

    try:
        first = parse_moment(since) if since else ALWAYS[0]
        end = parse_moment(until) if until else ALWAYS[1]
    except BadPeriod as exc:
        fail(str(exc), status=2)
    if first >= end:
        fail("the period is empty: --until is not after --since", status=2)
    tests = [name.replace("_", "") for name in tests]
    return Job("", "", first, end, tuple(tests), tuple(cc.upper() for cc in ccs))


def _trusted(settings: "Settings", source: str | None, given: list[str] | None) -> tuple[str, ...]:
    """The keys to trust: those given, else that of this host's own archive."""
    keys = [key.strip().lower() for key in given or ()]
    for key in keys:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            fail(f"not a public key: {key[:80]!r}", status=2)
    if keys:
        return tuple(keys)
    path: Path = settings.manifest_key_path
    if source is None and not settings.object_store_url and path.exists():
        from oonib.archive.manifests import BadKeyFile, Signer

        try:
            return (Signer.open(path).public_key,)
        except BadKeyFile as exc:
            fail(str(exc))
    say("the key of each chain's first manifest is believed; --public-key names one to trust")
    return ()


def _tell(summary: "VerifySummary") -> None:
    """The end of the work in words, on standard error."""
    for collector, key in sorted(summary.keys.items()):
        say(f"chain of collector {collector}: key {key}")
    size = summary.bytes / _MEGABYTE
    say(
        f"{summary.manifests} manifests, {summary.cans} cans,"
        f" {summary.measurements} lines, {size:.1f} MB read"
    )
    if summary.rescored:
        say(f"{summary.rescored} measurements scored again, {summary.same_rows} rows are as published")
    if summary.other_fingerprints:
        say(f"{summary.other_fingerprints} rows were made with other fingerprints and not compared")
    for one in summary.removed[:_HELD]:
        say(
            f"removed: {one.uid} from {one.can or 'the spool'}"
            f" by {one.removed_by} at {one.removed_at}: {one.reason}"
        )
    if len(summary.removed) > _HELD:
        say(f"removed: {len(summary.removed) - _HELD} more")
    if summary.first is None:
        say("no difference")
        return
    for reason, count in sorted(summary.differences.items()):
        say(f"  {count} {reason}")
    say(f"the first difference: {summary.first.place}: {summary.first.reason}: {summary.first.detail}")
