"""Health, metrics and jobs, put together: what operators look at."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter

from oonib.app import operations
from oonib.app.health import Checks, Watch
from oonib.app.shared import Shared
from oonib.jobs import JobsService, catalogue
from oonib.jobs import routes as jobs_routes
from oonib.ledger import LedgerService
from oonib.ledger import routes as ledger_routes
from oonib.objects import ObjectStoreError
from oonib.records.version import problem as records_problem


def ledger(shared: Shared) -> LedgerService:
    """The ledger of this host's spool."""
    settings = shared.settings
    return LedgerService(
        shared.spool,
        collector_id=settings.collector_id,
        horizon=settings.ledger_horizon_seconds,
        base_url=settings.public_url,
    )


def watch(
    shared: Shared, books: LedgerService, credentials_problem: Callable[[], tuple[str, str] | None]
) -> Watch:
    """The checks of `/health`, with their short memory."""
    settings = shared.settings
    return Watch(
        Checks(
            spool=shared.spool,
            warehouse=shared.warehouse,
            ping_objects=shared.objects.ping,
            object_errors=ObjectStoreError,
            metrics=shared.metrics,
            data_dir=settings.data_dir,
            age_alarm=settings.spool_age_alarm_seconds,
            secrets={
                "prometheus_password": settings.metrics_password.get_secret_value(),
                "probe_token_key": settings.probe_token_key.get_secret_value(),
                "jwt_secret": settings.jwt_encryption_key.get_secret_value(),
                "account_id_hashing_key": settings.account_id_hashing_key.get_secret_value(),
                "anonc_secret_key": settings.credentials_secret_key.get_secret_value(),
            },
            ledger=books,
            records_problem=partial(records_problem, shared.records),
            credentials_problem=credentials_problem,
        ).run
    )


def jobs(shared: Shared) -> JobsService:
    """What is known of the jobs of this host."""
    settings = shared.settings
    return JobsService(catalogue(settings, shared.spool, shared.warehouse, shared.metrics), settings.jobs_dir)


def router(shared: Shared, checks: Watch, books: LedgerService, timers: JobsService) -> APIRouter:
    """`/health`, `/version`, `/metrics`, `/api/v1/jobs`, `/api/v1/ledger`."""
    settings = shared.settings
    password = settings.metrics_password.get_secret_value()
    watching = APIRouter()
    watching.routes.extend(
        operations.router(checks, shared.metrics, password, settings.trusted_proxies).routes
    )
    watching.routes.extend(jobs_routes.router(timers).routes)
    watching.routes.extend(ledger_routes.router(books).routes)
    return watching
