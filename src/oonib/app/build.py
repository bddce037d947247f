"""Builds the HTTP application from settings."""

import gc
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

import oonib
from oonib import faults
from oonib.app import document, errors, oldpaths, operations, probes
from oonib.app.client import client_address, scope_address
from oonib.app.health import Checks, Watch
from oonib.app.middleware import Surroundings
from oonib.archive import BodyStore
from oonib.checkin import routes as checkin_routes
from oonib.checkin.features import Features
from oonib.checkin.prioritisation import Entry, Failover, Prioritisation, PriorityStore
from oonib.checkin.prioritisation import routes as prioritisation_routes
from oonib.checkin.service import CheckinService
from oonib.collector import routes as collector_routes
from oonib.collector.bodies import BodyLimits
from oonib.collector.geocheck import GeoCheck
from oonib.collector.service import CollectorService
from oonib.jobs import JobsService, catalogue
from oonib.jobs import routes as jobs_routes
from oonib.measurements import routes as measurement_routes
from oonib.measurements.service import MeasurementService
from oonib.metrics import Metrics
from oonib.objects import ObjectStoreError
from oonib.reference.citizenlab.fetching import fetch
from oonib.reference.citizenlab.parsing import parse_lists
from oonib.reference.geoip import GeoIp
from oonib.reference.sources import STARTER
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
        prioritisation.start()
        yield
        prioritisation.close()
        credentials.close()
        geocheck.close()
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

    def note_file(setting: str, result: str) -> None:
        metrics.watched_files.labels(setting, result).inc()

    credentials = probes.open_credentials(settings, metrics)
    geoip = GeoIp(settings.geoip_dir)
    geocheck = GeoCheck(geoip, warehouse, metrics.reference)
    limits = BodyLimits(settings.max_body_bytes, settings.max_decoded_bytes)
    collector = CollectorService(
        spool,
        metrics,
        collector_id=settings.collector_id,
        limits=limits,
        clock=lambda: datetime.now(UTC),
        reach=faults.from_environment(),
        credentials=credentials,
        geocheck=geocheck,
    )
    sender = partial(scope_address, trusted_proxies=settings.trusted_proxies)
    submissions = collector_routes.SubmissionRoutes(collector, limits, sender)
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
    helpers = probes.open_helpers(settings, note_file)
    prioritisation = Prioritisation(
        PriorityStore(warehouse),
        Failover(settings.data_dir / "checkin" / "failover.json", _starter_entries),
        metrics,
        clock=lambda: datetime.now(UTC),
        rng=random.Random(),  # noqa: S311 - an order of URLs, no secret
    )
    checkin = CheckinService(
        prioritisation=prioritisation,
        helpers=helpers,
        locator=geoip,
        features=Features.watch(settings.features, note_file),
        metrics=metrics,
        collector_id=settings.collector_id,
        clock=lambda: datetime.now(UTC),
    )
    address_of = partial(client_address, trusted_proxies=settings.trusted_proxies)
    app.include_router(checkin_routes.router(checkin, address_of))
    app.include_router(
        probes.router(
            settings,
            metrics,
            helpers=helpers,
            credentials=credentials,
            locator=geoip,
            note_file=note_file,
            address_of=address_of,
        )
    )
    app.include_router(oldpaths.router())
    app.include_router(prioritisation_routes.router(prioritisation, metrics))
    checks = Watch(
        Checks(
            spool=spool,
            warehouse=warehouse,
            ping_objects=objects.ping,
            object_errors=ObjectStoreError,
            metrics=metrics,
            data_dir=settings.data_dir,
            age_alarm=settings.spool_age_alarm_seconds,
            secrets={
                "prometheus_password": settings.metrics_password.get_secret_value(),
                "jwt_secret": settings.probe_token_key.get_secret_value(),
                "anonc_secret_key": settings.credentials_secret_key.get_secret_value(),
            },
            credentials_problem=lambda: credentials.problem,
        ).run
    )
    password = settings.metrics_password.get_secret_value()
    app.include_router(operations.router(checks, metrics, password, settings.trusted_proxies))
    jobs = JobsService(catalogue(settings, spool, warehouse, metrics), settings.jobs_dir)
    app.include_router(jobs_routes.router(jobs))
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


def _starter_entries() -> list[Entry]:
    rows = parse_lists(fetch(STARTER).by_name).rows
    return [Entry.make(url, domain, cc, category) for domain, url, cc, category in rows]


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
    served = create_app(settings).served
    # What is built at the start stays: looking through it again and again costs submissions a twentieth.
    gc.collect()
    gc.freeze()
    return served
