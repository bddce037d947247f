"""What operators and load balancers ask: /health, /version, /metrics."""

import base64
import secrets
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import oonib
from oonib.app.client import is_local
from oonib.app.health import Health, Watch
from oonib.metrics import Metrics

_USER = "prom"


class Version(BaseModel):
    """Answer of `GET /version`."""

    version: str
    build_label: str


def router(checks: Watch, metrics: Metrics, metrics_password: str, trusted_proxies: int) -> APIRouter:
    """The operational endpoints."""
    operations = APIRouter(tags=["operations"])
    no_cache = {"Cache-Control": "no-cache"}

    @operations.get(
        "/health", responses={503: {"model": Health}}, summary="Whether this host can do its work"
    )
    def health() -> JSONResponse:
        findings = checks.run()
        errors = [finding.id for finding in findings if finding.status == "fail"]
        body = Health(
            status="fail" if errors else "ok",
            errors=errors,
            version=oonib.__version__,
            build_label=oonib.__version__,
            findings=findings,
        )
        return JSONResponse(body.model_dump(), 503 if errors else 200, no_cache)

    @operations.get("/version", summary="The running version")
    def version() -> Version:
        return Version(version=oonib.__version__, build_label=oonib.__version__)

    allowed = partial(_may_read_metrics, password=metrics_password, trusted_proxies=trusted_proxies)

    @operations.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
    def read_metrics(request: Request) -> Response:
        if not allowed(request):
            return JSONResponse(
                {"error": "authentication required", "detail": "authentication required"},
                401,
                {"WWW-Authenticate": 'Basic realm="metrics"', **no_cache},
            )
        return Response(metrics.render(), media_type="text/plain; version=0.0.4")

    return operations


def _may_read_metrics(request: Request, password: str, trusted_proxies: int) -> bool:
    return has_password(request, password) if password else is_local(request, trusted_proxies)


def has_password(request: Request, password: str) -> bool:
    """Whether the request carries the operators' password."""
    wanted = b"Basic " + base64.b64encode(f"{_USER}:{password}".encode())
    return secrets.compare_digest(request.headers.get("authorization", "").encode(), wanted)
