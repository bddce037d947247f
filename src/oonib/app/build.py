"""Builds the HTTP application from settings."""

import gc
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

import oonib
from oonib.app import (
    accounts,
    archiving,
    choosing,
    document,
    errors,
    managing,
    oldpaths,
    pages,
    probes,
    quotas,
    reading,
    streaming,
    submitting,
    watching,
)
from oonib.app.connections import SlowReaders
from oonib.app.heads import Heads
from oonib.app.middleware import Surroundings
from oonib.app.origins import Origins
from oonib.app.shared import Shared
from oonib.collector import routes as collector_routes
from oonib.settings import Settings
from oonib.settings import load as load_settings


@dataclass(frozen=True, slots=True)
class Api:
    """`served` is what a server runs: `documented`, with a short cut for submissions before it."""

    documented: FastAPI
    served: ASGIApp


def create_app(settings: Settings) -> Api:
    """The API of one worker process. Opens the spool; ClickHouse and the object store may be away."""
    shared = Shared.open(settings)
    app = _empty(shared)
    credentials = probes.open_credentials(settings, shared.metrics)
    shared.at_end.append(credentials.close)
    submissions = submitting.submissions(shared, credentials)
    # Before the documented routes: no framework looks at a measurement's body.
    app.router.routes.extend(submissions.routes())
    prioritisation = choosing.open_prioritisation(shared)
    services = reading.open_reading(shared, reading.gates(shared))
    helpers = probes.open_helpers(settings, shared.note_file)
    books = watching.ledger(shared)
    checks = watching.watch(shared, books, lambda: credentials.problem)
    access = managing.open_access(shared)
    managed = managing.open_managing(shared, prioritisation)
    spending = quotas.open_quotas(shared)
    identify = accounts.open_identify(shared)
    timers, manifests = watching.jobs(shared), archiving.manifests(shared)
    desk = pages.open_desk(shared, access, managed)
    behind = pages.Behind(checks.run, app.openapi, services, books, timers, manifests, managed)
    app.state.problem_page = desk.problem
    for router in (
        # Those whose answers take the least first: each is looked for in this order.
        collector_routes.router(),
        choosing.router(shared, helpers, prioritisation),
        probes.router(shared, helpers, credentials),
        managing.router(access, managed),
        reading.router(shared, services),
        oldpaths.router(),
        watching.router(shared, checks, books, timers),
        quotas.router(shared, spending, identify, access),
        streaming.router(shared),
        archiving.router(manifests),
        pages.router(shared, desk, behind),
    ):
        # Routes one by one: a request is matched anew at each level of routers that include each other.
        app.router.routes.extend(router.routes)
    quotas.install(app, shared, spending, identify)
    readers = SlowReaders(settings.port, settings.stall_seconds)
    shared.at_start.append(readers.start)
    shared.at_end.append(readers.close)
    served = submissions.short_cut(around=errors.guarded, rest=Origins(Heads(app), settings.cors_origins))
    return Api(app, Surroundings(served, shared.metrics, settings.stall_seconds))


def _empty(shared: Shared) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for start in shared.at_start:
            start()
        yield
        shared.close()

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
    return app


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
