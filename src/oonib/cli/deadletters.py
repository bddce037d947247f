"""`oonib spool dead-letters`, `dead-letter`, `retry`: what could not be scored, looked at and tried again."""

import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, out, say, settings_for

if TYPE_CHECKING:
    from oonib.settings import Settings
    from oonib.spool import DeadLetter, Spool

Uid = Annotated[str, typer.Argument(help="The measurement_uid.", metavar="UID")]


def listing(
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 100,
) -> None:
    """List what could not be scored and why. The bodies are archived like all others.

    Example: `oonib spool dead-letters`
    """
    from oonib.runtime import open_spool

    settings = settings_for(data_dir)
    in_data_dir(settings)
    for letter in open_spool(settings).dead_letters(limit):
        out(f"{letter.uid} {letter.reason} {letter.detail}")


def show(
    uid: Uid,
    data_dir: DataDir = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the body. [default: standard output]")
    ] = None,
) -> None:
    """Show why a measurement could not be scored, and its body as it was stored.

    Reason and detail go to standard error, the body comes from the spool or else from the archive.

    Example: `oonib spool dead-letter 20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68 -o post.json`
    """
    from oonib.fastpath.retrying import NoPost
    from oonib.runtime import open_spool

    settings = settings_for(data_dir)
    in_data_dir(settings)
    spool = open_spool(settings)
    letter = spool.letters.find(uid)
    if letter is None:
        fail(f"{uid} is no dead letter of this host; `oonib spool dead-letters` lists them")
    say(f"reason {letter.reason}")
    say(f"detail {letter.detail or '-'}")
    say(f"since  {datetime.fromtimestamp(letter.at, UTC):%Y-%m-%d %H:%M:%S}Z")
    try:
        post = _posts(settings, spool)(uid)
    except NoPost as exc:
        fail(f"there is no body to show: {exc}")
    if output is not None:
        output.write_bytes(post)
        say(f"body   {len(post)} bytes in {output}")
        return
    sys.stdout.buffer.write(post + b"\n")
    sys.stdout.flush()


def retry(
    uids: Annotated[
        list[str] | None, typer.Argument(help="Measurements to try again.", metavar="[UID]...")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    reason: Annotated[str, typer.Option(help="All with this reason.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Score dead letters once more, with the rules and fingerprints of today. Run twice it adds nothing.

    Needs ClickHouse; the scorer may go on beside it. Prints uid, outcome, reason and detail of each. Exit
    status 1: some are dead letters still.

    Example: `oonib spool retry --reason scorer_crashed`
    """
    if sum((bool(uids), everything, bool(reason))) != 1:
        fail("name uids, or give --all, or --reason R", status=2)
    from oonib.fastpath.pool import ScorersBroken
    from oonib.fastpath.writer import Stopped
    from oonib.runtime import open_spool
    from oonib.warehouse.errors import WarehouseError

    settings = settings_for(data_dir)
    in_data_dir(settings)
    spool = open_spool(settings)
    letters = _named(spool, uids) if uids else spool.letters.all(reason or None)
    try:
        left = _retry(settings, spool, letters)
    except (WarehouseError, ScorersBroken) as exc:
        fail(f"{type(exc).__name__}: {exc}; is the backend running? The same command goes on")
    except Stopped:
        fail("stopped; the same command goes on")
    if left:
        raise typer.Exit(1)


def _named(spool: "Spool", uids: list[str]) -> "list[DeadLetter]":
    found = {uid: spool.letters.find(uid) for uid in uids}
    unknown = [uid for uid, letter in found.items() if letter is None]
    if unknown:
        fail(f"no dead letters of this host: {', '.join(unknown)}; `oonib spool dead-letters` lists them")
    return [letter for letter in found.values() if letter is not None]


def _retry(settings: "Settings", spool: "Spool", letters: "Iterable[DeadLetter]") -> int:
    """Try them again and tell; how many are dead letters still."""
    from oonib.fastpath.pool import ScoringPool
    from oonib.fastpath.retrying import Retry
    from oonib.fastpath.writer import Writer
    from oonib.faults import from_environment
    from oonib.lifeline import stop_event
    from oonib.metrics import Metrics
    from oonib.reference.fingerprints import load_fingerprints
    from oonib.runtime import open_warehouse

    stopping, reach, warehouse = stop_event(), from_environment(), open_warehouse(settings)
    fingerprints = load_fingerprints(warehouse)
    if fingerprints is None:
        fail("no fingerprints are in ClickHouse yet; `oonib jobs run fingerprints --once` loads them")
    tried, left = 0, 0
    with closing(ScoringPool(fingerprints, settings.fingerprint_semantics, 1)) as pool:
        writer = Writer(warehouse, f"{spool.id}-retry", Metrics(), stopping, reach)
        work = Retry(spool, pool, writer, _posts(settings, spool), stopping=stopping, reach=reach)
        for result in work.run(letters):
            tried += 1
            left += not result.ok
            out(f"{result.uid} {result.outcome} {result.reason} {result.detail}".rstrip())
    say(f"{tried} tried again, {left} are dead letters still")
    return left


def _posts(settings: "Settings", spool: "Spool") -> Callable[[str], bytes]:
    """Where posts come from: the spool, and when it has let them go, the archive."""
    from oonib.archive.posts import DamagedPost, find_post
    from oonib.fastpath.retrying import NoPost
    from oonib.model.uid import BadUid
    from oonib.objects import ObjectStoreError
    from oonib.runtime import open_objects
    from oonib.spool import CorruptBody

    objects = open_objects(settings)

    def post_of(uid: str) -> bytes:
        try:
            found = spool.body(uid)
            if found is None:
                found = find_post(objects, uid)
        except CorruptBody as exc:
            raise NoPost(f"the disk has damaged it ({exc})") from exc
        except (BadUid, DamagedPost, ObjectStoreError) as exc:
            raise NoPost(str(exc)) from exc
        if found is None:
            raise NoPost("neither the spool nor the archive has it")
        return found

    return post_of
