"""Checkpoints and proofs over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from oonib.archive.manifests.manifest import Manifest
from oonib.archive.manifests.proving import proof_as_json
from oonib.archive.manifests.schema import Checkpoints, CheckpointShown, ProofShown, SignedCheckpoint
from oonib.archive.manifests.service import ManifestService

_Uid = Annotated[str, Path(max_length=200)]
_Collector = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9]{1,20}$", description="Whose chain. [default: this host's]")
]


def router(service: ManifestService) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["archive"])

    @routes.get("/api/v1/archive/checkpoints", response_model=Checkpoints)
    def list_checkpoints(
        response: Response,
        collector: _Collector = None,
        before: Annotated[int | None, Query(ge=0, le=10**10, description="Only those before it.")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 24,
    ) -> Any:
        """The signed checkpoints of the archive, the latest first: one for each packed hour, chained."""
        latest, page = service.page(collector, before, limit)
        response.headers["Cache-Control"] = "max-age=60"
        more = page[-1].checkpoint.sequence if page else 0
        return Checkpoints(
            collectors=service.collectors(),
            collector=service.default_collector(collector),
            public_key=None if latest is None else latest.checkpoint.public_key,
            latest=None if latest is None else _shown(latest),
            results=[_shown(one) for one in page],
            next_before=more or None,
        )

    @routes.get("/api/v1/archive/proof/{measurement_uid}", response_model=ProofShown)
    def get_proof(measurement_uid: _Uid, response: Response) -> Any:
        """That a measurement is in the archive: its leaf, and the way from there to a signed root.

        404 as long as the hour of the measurement is not packed. A short program that checks the answer is in
        docs/archive.md.
        """
        proof = service.prove(measurement_uid)
        response.headers["Cache-Control"] = "max-age=60"
        return ProofShown.model_validate(proof_as_json(proof), from_attributes=True)

    return routes


def _shown(manifest: Manifest) -> SignedCheckpoint:
    checkpoint = manifest.checkpoint
    return SignedCheckpoint(
        checkpoint=CheckpointShown.model_validate(checkpoint),
        hash=checkpoint.hash,
        signature=manifest.signature,
        manifest=manifest.key,
    )
