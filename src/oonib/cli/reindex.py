"""`oonib archive reindex`: the index of the archive made again from its objects."""

from typing import Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, say, settings_for
from oonib.cli.longwork import LongWork


def reindex(
    *,
    since: Annotated[str, typer.Option(help="First day or hour, UTC: 2026-03-02 or 2026-03-02T10.")],
    until: Annotated[str, typer.Option(help="Day or hour to end before.")],
    data_dir: DataDir = None,
) -> None:
    """Make the rows that lead from a measurement to its line in the archive again, from the archive alone.

    For a ClickHouse that has lost them, or an archive that came from elsewhere. May be repeated, also for a
    period whose rows are there. `oonib reprocess --restart` makes the scores again. Exit status 1: something
    could not be read and is named.

    Example: `oonib archive reindex --since 2026-03-01 --until 2026-03-08`
    """
    from oonib.archive.reindexing import Reindexer
    from oonib.fastpath.reprocess import BadPeriod, parse_moment
    from oonib.objects import ObjectStoreError
    from oonib.runtime import open_objects, open_warehouse
    from oonib.warehouse.errors import WarehouseError

    try:
        first, end = parse_moment(since), parse_moment(until)
    except BadPeriod as exc:
        fail(str(exc), status=2)
    if first >= end:
        fail("the period is empty: --until is not after --since", status=2)
    settings = settings_for(data_dir)
    in_data_dir(settings)
    warehouse = open_warehouse(settings)
    try:
        with LongWork("indexing") as progress:
            summary = Reindexer(
                open_objects(settings),
                warehouse,
                lambda now: progress.show(now.share, now.bytes, f"{now.cans} cans"),
            ).run(first, end)
    except (ObjectStoreError, WarehouseError) as exc:
        fail(f"{type(exc).__name__}: {exc}; the same command begins again")
    finally:
        warehouse.close()
    say(f"{summary.cans} cans read, {summary.rows} measurements indexed")
    for reason, count in sorted(summary.problems.items()):
        say(f"  {count} problems, named above: {reason}")
    if summary.problems:
        raise typer.Exit(1)
