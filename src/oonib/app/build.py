"""Builds the HTTP application from settings."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

import oonib
from oonib import faults
from oonib.app import document, errors, operations
from oonib.app.health import Checks, Watch
from oonib.app.middleware import Surroundings
from oonib.archive import BodyStore
from oonib.collector import routes as collector_routes
from oonib.collector.bodies import BodyLimits
from oonib.collector.service import CollectorService
from oonib.measurements import routes as measurement_routes
from oonib.measurements.service import MeasurementService
from oonib.metrics import Metrics
from oonib.objects import ObjectStoreError
from oonib.runtime import open_objects, open_spool, open_warehouse
from oonib.settings import Settings
from oonib.settings import load as load_settings
from oonib.web import WebService
from oonib.web import routes as web_routes


@dataclass(frozen=True, slots=True)
class Api:
    """`served` is what a server runs: `documented`, with a short cut for submissions before it."""

    documented: FastAPI
    served: ASGIApp


def create_app(settings: Settings) -> Api:
    """The API of one worker process. Opens the spool; ClickHouse and the object store may be away."""
    metrics = Metrics()
    spool = open_spool(settings)
    warehouse = open_warehouse(settings)
    objects = open_objects(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()
        spool.close()
        warehouse.close()

    app = FastAPI(
        title="oonib",
        version=oonib.__version__,
        summary="The OONI backend: measurements of internet censorship, collected and served.",
        lifespan=lifespan,
        redirect_slashes=False,
        # Our own page at /docs needs no files from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.openapi = document.complete(app)  # type: ignore[method-assign]

    limits = BodyLimits(settings.max_body_bytes, settings.max_decoded_bytes)
    collector = CollectorService(
        spool,
        metrics,
        collector_id=settings.collector_id,
        limits=limits,
        clock=lambda: datetime.now(UTC),
        reach=faults.from_environment(),
    )
    submissions = collector_routes.SubmissionRoutes(collector, limits)
    app.router.routes.extend(submissions.routes())
    app.include_router(collector_routes.router())
    service = MeasurementService.build(
        warehouse=warehouse,
        spool=spool,
        archive=BodyStore(warehouse, objects),
        other_collectors=settings.other_collectors,
        base_url=settings.public_url,
    )
    app.include_router(measurement_routes.router(service))
    checks = Watch(
        Checks(
            spool=spool,
            warehouse=warehouse,
            ping_objects=objects.ping,
            object_errors=ObjectStoreError,
            metrics=metrics,
            data_dir=settings.data_dir,
            age_alarm=settings.spool_age_alarm_seconds,
            secrets={"prometheus_password": settings.metrics_password.get_secret_value()},
        ).run
    )
    password = settings.metrics_password.get_secret_value()
    app.include_router(operations.router(checks, metrics, password, settings.trusted_proxies))
    web = WebService(health=checks.run, spool=spool, measurements=service, openapi=app.openapi)
    app.include_router(web_routes.router(web))

    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    served = submissions.short_cut(around=errors.guarded, rest=app)
    return Api(app, Surroundings(served, metrics, settings.stall_seconds))


def openapi() -> dict[str, Any]:
    """The API document, without a backend."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings(data_dir=Path(folder), object_store_url="", base_url="http://127.0.0.1:8080")
        )
        return app.documented.openapi()


def from_environment() -> ASGIApp:
    """The application for a server's worker process, which gets its settings from the environment."""
    from oonib import logs  # noqa: PLC0415 - only a worker sets up logging here
    from oonib.lifeline import follow_parent  # noqa: PLC0415 - and only a worker has a parent to follow

    # A server that was killed could not stop its workers: they would keep the port.
    follow_parent()
    settings = load_settings()
    logs.configure(settings.log_level, "api")
    return create_app(settings).served
