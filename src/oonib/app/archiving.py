"""Checkpoints and proofs of the archive, put together."""

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.archive.manifests.routes import router as manifest_routes
from oonib.archive.manifests.service import ManifestService


def manifests(shared: Shared) -> ManifestService:
    """The chain of the archive."""
    return ManifestService(shared.warehouse, shared.objects, shared.settings.collector_id)


def router(service: ManifestService) -> APIRouter:
    """The routes of the archive's manifests."""
    return manifest_routes(service)
