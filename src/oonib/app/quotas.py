"""Quotas, put together: the store in the data folder, limits from the settings, the layer, the routes."""

from fastapi import APIRouter, FastAPI, Request

from oonib.accounts.access import ADMINS, Access
from oonib.app.metering import Identify, Metering, payer
from oonib.app.operations import has_password
from oonib.app.shared import Shared
from oonib.quota import Callers, Limits, Quotas, parse_networks
from oonib.quota import routes as quota_routes
from oonib.warehouse.embedded import ensure_password


def open_quotas(shared: Shared) -> Quotas:
    """The quotas of this process, opened and closed with the rest."""
    settings = shared.settings
    limits = Limits.of(settings.quota_day_seconds, settings.quota_week_seconds, settings.quota_month_seconds)
    secret = ensure_password(settings.data_dir / "secrets" / "quota_key")
    quotas = Quotas(
        settings.data_dir / "quotas",
        Callers(secret.encode(), parse_networks(settings.quota_unmetered_networks)),
        networks=limits,
        accounts=limits,
        metrics=shared.metrics.quota,
    )
    shared.at_start.append(quotas.start)
    shared.at_end.append(quotas.close)
    return quotas


def router(shared: Shared, quotas: Quotas, identify: Identify, access: Access) -> APIRouter:
    """`/api/_/quotas_summary` and `/api/v1/quota`."""
    password = shared.settings.metrics_password.get_secret_value()

    def may_see(request: Request) -> bool:
        # Being local proves nothing: behind a proxy everybody may be.
        if password and has_password(request, password):
            return True
        return access.required(request.headers.get("authorization"), ADMINS).role in ADMINS

    caller_of = payer(quotas, shared.sender_of, identify)
    return quota_routes.router(quotas, lambda request: caller_of(request.scope), may_see)


def install(app: FastAPI, shared: Shared, quotas: Quotas, identify: Identify) -> None:
    """Put the layer around what `app` has so far."""
    app.add_middleware(Metering, quotas=quotas, caller_of=payer(quotas, shared.sender_of, identify))
