"""`oonib score`: what the scorer makes of measurements in files, without a backend."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import fail, out, say, settings_for

if TYPE_CHECKING:
    from oonib.fastpath.offline import Batch
    from oonib.fastpath.offline.files import Chunk
    from oonib.scoring import FingerprintSet, Semantics


def score(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Measurement JSON, POST envelopes, .jsonl, .jsonl.gz, postcans, legacy cans; `-` for"
            " standard input.",
            show_default=False,
        ),
    ],
    fingerprints: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder or URL of fingerprints_dns.csv and fingerprints_http.csv."
            " [default: the starter set of the package]",
        ),
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Print the table rows as well.")] = False,
    jobs: Annotated[
        int, typer.Option(min=0, max=256, help="Scoring processes. 0: one for each processor.")
    ] = 0,
) -> None:
    """Score measurements and print one JSON line for each, in the order of the input.

    A line has `measurement_uid`, `outcome` (`row`, `discarded` or `dead_letter`, the last two with `reason`)
    and `scores`. The uid is that of a `<uid>.post` file or member; a measurement without one gets a uid made
    from its bytes, as if it had been received a minute after it started. Exit status 1: something could not
    be read or scored, and is named.

    Example: `oonib score 2026030210_IT_webconnectivity.n1.0.jsonl.gz --rows`
    """
    from oonib.cli.scoresummary import ScoreSummary
    from oonib.fastpath.offline import Result
    from oonib.fastpath.offline.rendering import outcome_line

    semantics = settings_for().fingerprint_semantics
    found = fingerprints_from(fingerprints)
    summary = ScoreSummary()
    for batch in _batches(files, found, semantics, jobs or os.cpu_count() or 1):
        failed = [batch.finished.failed] if batch.finished and batch.finished.failed else []
        for item in [*batch.results, *failed]:
            summary.add(item)
            if summary.is_problem(item):
                say(summary.problem_text(item))
        scored = [item.outcome for item in batch.results if isinstance(item, Result)]
        if scored:
            out("\n".join(outcome_line(outcome, rows=rows) for outcome in scored))
    summary.show()
    if summary.problems:
        raise typer.Exit(1)


def fingerprints_from(source: str | None) -> "FingerprintSet":
    """The set of a folder or URL, the package's own for None; says which on standard error."""
    from oonib.reference.fingerprints import STARTER, FingerprintProblem, read_files

    try:
        found = read_files(source or STARTER, limits=None).fingerprints()
    except FingerprintProblem as exc:
        fail(f"fingerprints: {exc}", status=2)
    count = len(found.dns) + len(found.http)
    what = source or "the starter set of this package (choose others with --fingerprints)"
    say(f"{count} fingerprints from {what}, snapshot {found.snapshot_id}")
    return found


def _batches(
    files: list[str], fingerprints: "FingerprintSet", semantics: "Semantics", jobs: int
) -> "Iterator[Batch]":
    """In this process what is small, in a crew what is not."""
    from itertools import chain

    from oonib.fastpath.offline import Crew, CrewBroken, Setup
    from oonib.fastpath.offline.files import chunk_reader, chunks, score_here
    from oonib.scoring import Matcher

    pieces: Iterator[Chunk] = chunks(files)
    first = next(pieces, None)
    second = next(pieces, None)
    known = [chunk for chunk in (first, second) if chunk is not None]
    if second is None or jobs == 1:
        yield from score_here(chain(known, pieces), Matcher.build(fingerprints, semantics))
        return
    try:
        with Crew(Setup(fingerprints, semantics, chunk_reader), jobs) as crew:
            yield from crew.run(chain(known, pieces), ordered=True)
    except CrewBroken as exc:
        fail(str(exc))


__all__ = ["fingerprints_from", "score"]
