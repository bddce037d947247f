"""Checkpoints and proofs for those who ask: what there is, and a clear word where there is nothing."""

import re
import threading
from functools import lru_cache

from oonib.archive.gunzip import BadArchive
from oonib.archive.manifests.chain import Chain
from oonib.archive.manifests.manifest import PREFIX, BadManifest, Manifest
from oonib.archive.manifests.proving import NotProven, Proof, Prover
from oonib.errors import BadRequest, NotFound, Unavailable
from oonib.model.uid import is_uid
from oonib.objects import ObjectNotFound, ObjectStore, ObjectStoreError
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Selects

_FOLDER_RE = re.compile(r"n([A-Za-z0-9]+)", re.ASCII)
_AT_ONCE = 2
"""Proofs that are made at a time: each unpacks a can."""

_WAIT_SECONDS = 10.0
_KEPT = 256
_ODD = (BadManifest, NotProven, BadArchive)
_AWAY = (ObjectStoreError, WarehouseError)


class ManifestService:
    """Reads chains for the API. Safe to use from any thread."""

    def __init__(self, warehouse: Selects, objects: ObjectStore, collector: str) -> None:
        self._objects = objects
        self._collector = collector
        self._prover = Prover(warehouse, objects)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        # Manifests never change; what is kept of them is their small part.
        self._head_of = lru_cache(_KEPT)(self._read)

    def collectors(self) -> list[str]:
        """Who has a chain. Raises `Unavailable`."""
        try:
            found = (_FOLDER_RE.fullmatch(name) for name in self._objects.folders(PREFIX))
            return sorted(match[1] for match in found if match is not None)
        except ObjectStoreError as exc:
            raise _away(exc) from exc

    def page(
        self, collector: str | None, before: int | None, limit: int
    ) -> tuple[Manifest | None, list[Manifest]]:
        """The latest checkpoint, and up to `limit` before number `before`, the latest first.

        Their bodies are left out. Raises `Unavailable` and `NotFound`.
        """
        chain = Chain(self._objects, collector or self._collector)
        try:
            latest = chain.latest()
            if collector is not None and latest < 0:
                raise NotFound(f"There is no chain of collector {collector} in this archive")
            first = latest if before is None else min(latest, before - 1)
            found = [self._head_of(chain.collector, n) for n in range(first, max(first - limit, -1), -1)]
            return (self._head_of(chain.collector, latest) if latest >= 0 else None), found
        except (*_ODD, *_AWAY) as exc:
            raise _away(exc) from exc

    def default_collector(self, collector: str | None) -> str:
        """Whose chain is meant."""
        return collector or self._collector

    def prove(self, uid: str) -> Proof:
        """The proof for a measurement. Raises `BadRequest`, `NotFound` and `Unavailable`."""
        if not is_uid(uid):
            raise BadRequest("Not a measurement uid")
        if not self._turns.acquire(timeout=_WAIT_SECONDS):
            raise Unavailable("Too many proofs are asked for at this moment", retry_after=10)
        try:
            found = self._prover.prove(uid)
        except (*_ODD, *_AWAY) as exc:
            raise _away(exc) from exc
        finally:
            self._turns.release()
        if found is None:
            raise NotFound(
                "No manifest has this measurement. A manifest is made when the hour of a measurement is over"
                " and packed, about ten minutes after its end; older ones may have been archived without."
            )
        return found

    def _read(self, collector: str, sequence: int) -> Manifest:
        found = Chain(self._objects, collector).read(sequence)
        if found is None:
            raise ObjectNotFound(f"no manifest {sequence} of collector {collector}")
        return Manifest(type(found.body)(), found.checkpoint, found.signature)


def _away(exc: Exception) -> Unavailable:
    if isinstance(exc, _ODD):
        return Unavailable(
            "The archive does not agree with its manifest; `oonib archive verify` says where",
            token="archive_inconsistent",
        )
    return Unavailable("The archive cannot be read just now", retry_after=10)
