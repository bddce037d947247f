"""The packer of this host, made from settings: for the timed job and for the command.

Between hosts a lease for each `collector_id` keeps two archivers apart that were given the same one by
mistake. It is a courtesy: where it cannot be had because the store is away, the conditional writes of the
packer still keep every object.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import structlog

import oonib
from oonib.archive import Packer, PackerBusy
from oonib.archive.manifests import Manifests, Scoring
from oonib.faults import from_environment
from oonib.jobs.turns import Leases, NotOurTurn
from oonib.metrics.archive import ArchiveMetrics
from oonib.objects import ObjectStoreError
from oonib.reference.fingerprints import load_fingerprints
from oonib.runtime import open_objects
from oonib.settings import Settings
from oonib.spool import Spool
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Rows, Selects


def open_packer(
    settings: Settings, spool: Spool, warehouse: Rows, metrics: ArchiveMetrics, leases: Leases | None
) -> Packer:
    """A packer of `spool`. `leases` None: no other host writes into the same store."""
    return Packer(
        spool,
        open_objects(settings),
        warehouse,
        collector=settings.collector_id,
        work_dir=settings.data_dir / "work",
        reach=from_environment(),
        manifests=open_manifests(settings, warehouse),
        metrics=metrics,
        turn=turn_of(leases, settings.collector_id),
    )


def open_manifests(settings: Settings, warehouse: Selects) -> Manifests:
    """What makes this host's manifests. Its key is made when it is first needed."""

    def scoring() -> Scoring:
        try:
            found = load_fingerprints(warehouse)
        except WarehouseError:
            found = None
        return Scoring(oonib.__version__, "" if found is None else found.snapshot_id)

    return Manifests(
        open_objects(settings),
        collector=settings.collector_id,
        work_dir=settings.data_dir / "work",
        key_path=settings.manifest_key_path,
        scoring=scoring,
        reach=from_environment(),
    )


def turn_of(leases: Leases | None, collector: str) -> Callable[[], AbstractContextManager[None]]:
    """What holds the turn of all archivers with this `collector_id`. Entering raises `PackerBusy`."""
    return nullcontext if leases is None else lambda: _held(leases, collector)


@contextmanager
def _held(leases: Leases, collector: str) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(leases.turn(f"archive-n{collector}", None))
        except NotOurTurn as exc:
            raise PackerBusy(
                f"another archiver uses collector_id {collector} at this moment ({exc});"
                " each host needs a collector_id of its own"
            ) from exc
        except ObjectStoreError as exc:
            log = structlog.get_logger("archive")
            log.warning("archiving without a lease", collector_id=collector, problem=str(exc)[:300])
        yield
