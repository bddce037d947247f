"""HTTP side of logging in, for both generations of pages (management contract 1.5 to 1.10)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller, caller_if_any
from oonib.accounts.redirects import BadRedirect
from oonib.accounts.schema import (
    Bearer,
    Empty,
    LoginRequest,
    Metadata,
    Refreshed,
    Sent,
    SentUntil,
    SessionRequest,
    UserSession,
)
from oonib.accounts.service import LoggedIn, LoginLinks, Sessions
from oonib.accounts.tokens import Session
from oonib.errors import Invalid, Unauthorized
from oonib.records.values import shown

NetworkOf = Callable[[Request], str]
"""The network of a request's sender, in a form that is no address."""

_TAG = ["accounts"]
_NOBODY = problems(s401="No valid token", s503="The database is away: try again")
_UNSENT = problems(s500="Unable to send the email")


def router(guard: Guard, links: LoginLinks, sessions: Sessions, network_of: NetworkOf) -> APIRouter:
    """All endpoints of logging in."""
    routes = APIRouter()
    routes.routes.extend(_mailing(guard, links, network_of).routes)
    routes.routes.extend(_first(guard, sessions).routes)
    routes.routes.extend(_second(guard, sessions).routes)
    return routes


def _mailing(guard: Guard, links: LoginLinks, network_of: NetworkOf) -> APIRouter:
    routes = guard.for_anybody(tags=_TAG, responses=_UNSENT)

    def send(request: Request, asked: LoginRequest) -> datetime:
        try:
            return links.send(asked.email_address, asked.redirect_to, network_of(request))
        except BadRedirect as exc:
            raise Invalid(f"redirect_to is {exc}") from None

    @routes.post("/api/v1/user_register", summary="Have a login link sent")
    def register(request: Request, asked: LoginRequest) -> Sent:
        """Nothing is registered: every address may log in, and the answer is always the same.

        A few mails an hour go to an address or for a network; what is beyond is not sent.
        """
        send(request, asked)
        return Sent()

    @routes.post("/api/v2/ooniauth/user-login", summary="Have a login link sent (second generation)")
    def login(request: Request, asked: LoginRequest) -> SentUntil:
        """As `/api/v1/user_register`, with when the link expires."""
        until = send(request, asked)
        return SentUntil(email_address=asked.email_address, login_token_expiration=shown(until))

    return routes


def _first(guard: Guard, sessions: Sessions) -> APIRouter:
    routes = APIRouter()
    public = guard.for_anybody(tags=_TAG, responses=_NOBODY)
    users = guard.for_users(tags=_TAG, responses=_NOBODY)

    @public.get("/api/v1/user_login", summary="A session from a login link")
    def login(k: Annotated[str, Query(max_length=8192, description="The token of the link")]) -> Bearer:
        """A link works as often as it is used, for a day."""
        begun = sessions.from_link(k)
        return Bearer(bearer=begun.token, redirect_to=begun.redirect_to, email_address=begun.session.address)

    @users.get("/api/v1/user_refresh_token", summary="The session for longer")
    def refresh(request: Request) -> Refreshed:
        """The role is looked up anew. After `login_expiry_days` a new login link is needed."""
        return Refreshed(bearer=sessions.renewed(caller(request)).token)

    @public.get("/api/_/account_metadata", summary="Who is logged in")
    def metadata(request: Request) -> Metadata:
        """401 with `logged_in: false` for nobody."""
        session = caller_if_any(request)
        if session is None:
            raise Unauthorized("Authentication required", extra={"logged_in": False})
        return Metadata(role=session.role)

    @public.post("/api/v1/user_logout", summary="Nothing: a page logs out by forgetting its token")
    def logout() -> Empty:
        """For old pages."""
        return Empty()

    routes.routes.extend(public.routes)
    routes.routes.extend(users.routes)
    return routes


def _second(guard: Guard, sessions: Sessions) -> APIRouter:
    routes = guard.for_anybody(tags=_TAG, responses=_NOBODY)

    @routes.post("/api/v2/ooniauth/user-session", summary="A session from a login link, or for longer")
    def session(request: Request, asked: SessionRequest | None = None) -> UserSession:
        """With a `login_token` a new session, else the one of the header goes on."""
        if asked is not None and asked.login_token:
            return _shown(sessions.from_link(asked.login_token))
        present = caller_if_any(request)
        if present is None:
            raise Unauthorized("no valid session found")
        return _shown(sessions.renewed(present))

    @routes.get("/api/v2/ooniauth/user-session", summary="Who is logged in (second generation)")
    def present(request: Request) -> UserSession:
        """Always 200; all empty for nobody."""
        known = caller_if_any(request)
        return UserSession() if known is None else _described(known)

    return routes


def _shown(login: LoggedIn) -> UserSession:
    described = _described(login.session)
    return described.model_copy(update={"session_token": login.token, "redirect_to": login.redirect_to})


def _described(session: Session) -> UserSession:
    return UserSession(
        email_address=session.address,
        account_id=session.account_id,
        role=session.role,
        login_time=None if session.login_time is None else shown(session.login_time),
        is_logged_in=True,
    )
