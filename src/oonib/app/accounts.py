"""Accounts, put together: keys, mail, logging in, administration, API tokens."""

import sys
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.types import Scope

from oonib.accounts import routes as login_routes
from oonib.accounts.administration import routes as administration_routes
from oonib.accounts.apitokens import ApiTokens, ApiTokenStore
from oonib.accounts.apitokens import routes as token_routes
from oonib.accounts.guard.routes import Guard
from oonib.accounts.mailing import Bounded, ConsoleSender, FileSender, Sender, SmtpSender, SmtpServer
from oonib.accounts.payers import Payers
from oonib.accounts.redirects import Redirects
from oonib.accounts.service import Administration, LoginLinks, Sessions, Throttle
from oonib.accounts.store import AccountStore
from oonib.app.metering import Identify
from oonib.app.shared import Shared
from oonib.editorial import account_key, now, open_tokens
from oonib.quota import Callers
from oonib.settings import Settings


@dataclass(frozen=True, slots=True)
class Accounts:
    """What people do with their accounts."""

    links: LoginLinks
    sessions: Sessions
    administration: Administration
    api_tokens: ApiTokens
    network_of: login_routes.NetworkOf


def open_accounts(shared: Shared) -> Accounts:
    """Logging in, administration, API tokens."""
    settings, store = shared.settings, AccountStore(shared.records)
    tokens, key = open_tokens(settings), account_key(settings)
    sessions = Sessions(tokens, store, key=key, admin_emails=settings.admin_emails, clock=now)
    outcomes = shared.metrics.login_mails
    links = LoginLinks(
        tokens,
        store,
        Bounded(open_sender(settings)),
        redirects=Redirects(settings.login_redirects, settings.public_url),
        mail_from=settings.mail_from,
        key=key,
        throttle=Throttle(settings.login_mails_per_address_hour, settings.login_mails_per_network_hour),
        count=lambda outcome: outcomes.labels(outcome).inc(),
        clock=now,
    )
    networks = Callers(key.encode())

    def network_of(request: Request) -> str:
        return networks.of_address(shared.address_of(request)).hex()

    administration = Administration(store, key=key, clock=now)
    api_tokens = ApiTokens(ApiTokenStore(shared.records), key=key, clock=now)
    return Accounts(links, sessions, administration, api_tokens, network_of)


def router(guard: Guard, services: Accounts) -> APIRouter:
    """The routes of accounts."""
    accounts = APIRouter()
    for part in (
        login_routes.router(guard, services.links, services.sessions, services.network_of),
        administration_routes.router(guard, services.administration),
        token_routes.router(guard, services.api_tokens),
    ):
        accounts.routes.extend(part.routes)
    return accounts


def open_sender(settings: Settings) -> Sender:
    """The way out for mail that the settings name."""
    if settings.mail_backend == "console":
        return ConsoleSender(sys.stdout)
    if settings.mail_backend == "file":
        return FileSender(settings.data_dir / "mail")
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
    )
    return SmtpSender(server)


def open_identify(shared: Shared) -> Identify:
    """Who pays for a request, by its header; begun and ended with the rest."""
    settings = shared.settings
    payers = Payers(
        open_tokens(settings),
        AccountStore(shared.records),
        ApiTokenStore(shared.records),
        key=account_key(settings),
        clock=now,
    )
    shared.at_start.append(payers.start)
    shared.at_end.append(payers.close)

    def identify(scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                return payers.account(value.decode("latin-1"))
        return None

    return identify
