"""`oonib archive remove`: take one measurement out for good, and leave a tombstone."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from oonib.cli.common import DataDir, fail, in_data_dir, only_one, own_folder, say, settings_for


def remove(
    uid: Annotated[str, typer.Argument(metavar="UID", help="The measurement.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for everybody to read. One line.")],
    by: Annotated[
        str, typer.Option(help="Who, for everybody to read. [default: operator of collector N]")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove a measurement from spool, archive, index and tables. This cannot be undone.

    A signed tombstone with uid, time, reason and the hash of its line stays in the chain of manifests: so
    everything else can still be verified. The API answers 410 with the reason. A removal that was interrupted
    is completed by the same command. Run it on the host that archived the measurement.

    Example: `oonib archive remove 20260302101533.048211_BR_signal_5d0c91e2a47b3f68 --reason "court order"`
    """
    from oonib.archive.gunzip import BadArchive
    from oonib.archive.manifests import BadManifest, ManifestError
    from oonib.archive.removal import RemovalRefused, Remover
    from oonib.faults import from_environment
    from oonib.jobs import open_manifests
    from oonib.model.uid import BadUid
    from oonib.objects import ObjectStoreError
    from oonib.runtime import open_objects, open_spool, open_warehouse
    from oonib.spool import SpoolError
    from oonib.warehouse.errors import WarehouseError

    settings = settings_for(data_dir)
    in_data_dir(settings)
    if not yes:
        typer.confirm(f"Remove {uid} for good?", abort=True, err=True)
    work = own_folder(settings.data_dir / "work")
    # The packer must not build, from what is about to go, what was not yet there.
    lock = only_one(work / "packer.lock", "packer")
    spool, warehouse = open_spool(settings), open_warehouse(settings)
    remover = Remover(
        spool,
        open_objects(settings),
        warehouse,
        open_manifests(settings, warehouse),
        collector=settings.collector_id,
        work_dir=work,
        reach=from_environment(),
    )
    try:
        who = by or f"operator of collector {settings.collector_id}"
        done = remover.remove(uid, reason=reason, by=who, now=datetime.now(UTC))
    except (BadUid, RemovalRefused) as exc:
        fail(str(exc), status=2)
    except (ObjectStoreError, WarehouseError, SpoolError, ManifestError, BadManifest, BadArchive) as exc:
        fail(f"{type(exc).__name__}: {exc}; the same command goes on")
    finally:
        spool.close()
        warehouse.close()
        os.close(lock)
    again = " (an earlier run had begun)" if done.again else ""
    say(f"{uid} is gone from {done.tombstone.can or 'the spool'} and {len(done.tables)} tables{again}")
