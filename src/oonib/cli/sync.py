"""`oonib archive sync`: a copy of a part of an archive, for research."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from oonib.cli.common import DataDir, fail, only_one, out, say, settings_for
from oonib.cli.longwork import LongWork
from oonib.cli.reprocess import listed, moment, period

if TYPE_CHECKING:
    from oonib.archive.sync import Summary, Sync, Wanted
    from oonib.archive.sync.listing import Step
    from oonib.objects import ObjectStore
    from oonib.settings import Settings

_DEFAULT_DAYS = 14
_MEGABYTE = 1_000_000
_SHOWN = 20


def sync(
    destination: Annotated[Path, typer.Argument(help="Folder of the copy; made when it is not there.")],
    *,
    since: Annotated[
        str,
        typer.Option(
            help="First day or hour, UTC: 2026-03-02 or 2026-03-02T10. [default: 14 days before --until]"
        ),
    ] = "",
    until: Annotated[str, typer.Option(help="Day or hour to end before. [default: tomorrow]")] = "",
    cc: Annotated[
        list[str] | None, typer.Option("--cc", "--probe-cc", help="Only these countries; commas or repeated.")
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", "--test-name", help="Only these nettests; with commas or repeated."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="`ooni`, a folder, s3://bucket/prefix or https://… of a bucket. [default: the object store]",
        ),
    ] = None,
    what: Annotated[
        Literal["lines", "posts", "all"],
        typer.Option(help="Measurements one a line; posts as they came in; or both, with the manifests."),
    ] = "lines",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Files fetched at a time.")] = 8,
    check: Annotated[
        bool, typer.Option("--check", help="Read files that are there and compare their checksums.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print size and key of what would be fetched; fetch nothing.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Copy a part of an archive: by date, country and nettest. Run again it goes on, and fetches what is new.

    Files have the keys of the archive as paths below DESTINATION, so `oonib reprocess --from DESTINATION` and
    the like read them. Each is checked and appears under its name when it is whole. Public buckets need no
    keys. Exit status 1: something is missing, and is named.

    Example: `oonib archive sync ./ooni --from ooni --since 2026-03-01 --until 2026-03-08 --cc IT`
    """
    wanted = _wanted(since, until, cc, test, what)
    if destination.exists() and not destination.is_dir():
        fail(f"{destination} is no folder", status=2)
    settings = settings_for(data_dir)
    store = _store(settings, source)
    from oonib.archive.sync import Sync, checksums_in, list_chain, list_wanted
    from oonib.lifeline import stop_event

    stopping = stop_event()
    with _failures(), LongWork("looking" if dry_run else "copying") as progress:
        make = partial(
            Sync,
            store,
            destination,
            jobs=jobs,
            stopping=stopping,
            check=check,
            report=lambda now: progress.show(now.share, now.bytes_fetched, f"{now.files} files"),
        )
        if dry_run:
            _preview(make(), [*list_chain(store, wanted), *list_wanted(store, wanted)])
            return
        _claim(destination)
        # The manifests first: they have the checksums of what follows.
        chain = make().run(list_chain(store, wanted))
        known = checksums_in(destination, wanted.takes)
        summary = chain + make(sha256_of=known.get).run(list_wanted(store, wanted))
    _tell(summary, destination)
    if summary.problems or not summary.complete:
        raise typer.Exit(1)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """What ends a copy before its end, as a sentence with what to do."""
    from oonib.archive.sync import DestinationFailed
    from oonib.objects import ObjectNotFound, ObjectStoreError

    try:
        yield
    except DestinationFailed as exc:
        fail(f"cannot write the copy: {exc}; make room or choose another folder, the same command goes on")
    except ObjectNotFound as exc:
        fail(f"the archive is not there: {exc}; is --from right?")
    except ObjectStoreError as exc:
        fail(f"the archive cannot be listed: {exc}; is --from right, and reachable? The same command goes on")


def _claim(destination: Path) -> None:
    """Keep a second copy into the same folder from starting, as long as this process runs."""
    from oonib.archive.sync.fetching import WORK

    try:
        (destination / WORK).mkdir(parents=True, exist_ok=True)
        only_one(destination / WORK / "lock", "copy")
    except OSError as exc:
        fail(f"cannot write to {destination}: {exc.strerror}")


def _wanted(since: str, until: str, cc: list[str] | None, test: list[str] | None, what: str) -> "Wanted":
    from oonib.archive.sync import Wanted

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = moment(until) if until else today + timedelta(days=1)
    first = moment(since) if since else end - timedelta(days=_DEFAULT_DAYS)
    period(first, end)
    ccs, tests = listed(cc), listed(test)
    odd = [code for code in ccs if len(code) != 2 or not code.isascii() or not code.isalpha()]
    if odd:
        fail(f"not a country code of two letters: {', '.join(odd)}", status=2)
    return Wanted(
        first,
        end,
        frozenset(code.upper() for code in ccs),
        frozenset(name.replace("_", "").lower() for name in tests),
        lines=what != "posts",
        posts=what != "lines",
        chain=what == "all",
    )


def _store(settings: "Settings", text: str | None) -> "ObjectStore":
    from oonib.archive.sync import BadSource, parse_source
    from oonib.objects import ObjectStore, ObjectStoreError
    from oonib.runtime import open_objects

    if text is None:
        if not settings.object_store_url and not settings.data_dir.is_dir():
            fail("no archive is configured here; name one with --from, such as --from ooni", status=2)
        return open_objects(settings)
    try:
        found = parse_source(text)
        if found.folder is not None and not found.folder.is_dir():
            fail(f"--from: there is no folder {found.folder}", status=2)
        secret, access = settings.s3_secret_key, settings.s3_access_key
        keys = access is not None or "AWS_ACCESS_KEY_ID" in os.environ
        return ObjectStore.open(
            found.url,
            # The service of this host's own archive has nothing to do with a public one.
            endpoint_url=found.endpoint_url if found.public else settings.s3_endpoint_url,
            access_key=None if access is None or found.public else access.get_secret_value(),
            secret_key=None if secret is None or found.public else secret.get_secret_value(),
            anonymous=found.public or settings.s3_anonymous or not keys,
            region=found.region if found.public else settings.s3_region,
        )
    except (BadSource, ObjectStoreError) as exc:
        fail(f"--from: {exc}", status=2)


def _preview(work: "Sync", steps: "list[Step]") -> None:
    for info in work.missing(steps):
        out(f"{info.size:>12} {info.key}")
    found = work.summary
    say(
        f"{found.files} files of {found.size / _MEGABYTE:.1f} MB, {found.there} are there;"
        f" {found.fetched} of {found.bytes_fetched / _MEGABYTE:.1f} MB to fetch"
    )


def _tell(summary: "Summary", destination: Path) -> None:
    say(
        f"{summary.files} files of {summary.size / _MEGABYTE:.1f} MB in {destination}:"
        f" {summary.there} were there, {summary.fetched} fetched ({summary.bytes_fetched / _MEGABYTE:.1f} MB)"
    )
    for key, problem in sorted(summary.problems.items())[:_SHOWN]:
        say(f"  {key}: {problem}")
    if len(summary.problems) > _SHOWN:
        say(f"  and {len(summary.problems) - _SHOWN} more")
    if summary.problems:
        say(f"{len(summary.problems)} files are missing; the same command tries them again")
    if not summary.files:
        say("no files of this period and these filters")
    if not summary.complete:
        say("stopped before the end; the same command goes on")
