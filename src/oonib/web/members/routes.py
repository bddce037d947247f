"""The pages `/login`, `/logout` and `/account`.

What shows a token is the answer to a form and kept by nobody; all other forms lead on to a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from oonib.accounts.addresses import BadAddress, checked_address
from oonib.accounts.apitokens.schema import NewApiToken
from oonib.accounts.service import LoggedIn, LoginLinks, Sessions
from oonib.errors import BadRequest, Unauthorized
from oonib.web.editing import Problem, Refused, notice, refusals, with_problems
from oonib.web.editing.notices import noticed
from oonib.web.editing.problems import known
from oonib.web.frame import View, said
from oonib.web.frame.routes import READ, Desk, form, member, visitor
from oonib.web.members.leading import HOME, own_path, path_of
from oonib.web.members.service import MemberService

_LONGEST_TOKEN = 8192
_CHANGED = said("Somebody else changed the same just now. Try again.")


@dataclass(frozen=True, slots=True)
class Mailing:
    """How login links go out. `folder`: where mails lie as files, None where they are really sent."""

    links: LoginLinks
    own_url: str
    network_of: Callable[[Request], str]
    is_local: Callable[[Request], bool]
    folder: Path | None


def router(desk: Desk, service: MemberService, sessions: Sessions, mailing: Mailing) -> APIRouter:
    """The routes over these services."""
    routes = desk.router()
    routes.routes.extend(_login(desk, sessions, mailing).routes)
    routes.routes.extend(_account(desk, service).routes)
    return routes


def _login(desk: Desk, sessions: Sessions, mailing: Mailing) -> APIRouter:
    routes = desk.router()

    def page(request: Request, refused: Refused | None = None, typed: str = "") -> Response:
        folder = mailing.folder if mailing.is_local(request) else None
        data = {
            "notice": notice(request.query_params),
            "mail_folder": None if folder is None else str(folder.absolute()),
            "logged_in": visitor(request).session is not None,
        }
        extra = {"next": _next(request), "typed": typed}
        view = View("members/login.html", data, extra, section="account")
        return desk.show(request, with_problems(view, refused))

    def confirm(request: Request, token: str) -> Response:
        try:
            begun = _begun(sessions, token)
        except Refused as exc:
            return _secret(page(request, exc))
        data = {"address": begun.session.address, "role": begun.session.role}
        extra = {"token": token, "next": path_of(begun.redirect_to, mailing.own_url)}
        view = View("members/confirm.html", data, extra, section="account")
        return _secret(desk.show(request, view))

    @routes.api_route("/login", methods=READ)
    def login(request: Request) -> Response:
        token = request.query_params.get("token")
        return page(request) if token is None else confirm(request, token)

    @routes.post("/login")
    def send(request: Request) -> Response:
        given = form(request)
        if "token" in given:
            try:
                begun = _begun(sessions, given.get("token"))
            except Refused as exc:
                return _secret(page(request, exc))
            there = path_of(begun.redirect_to, mailing.own_url)
            return desk.keep(desk.moved(there), begun.token, begun.until)
        typed = given.get("email_address")
        try:
            _mail(request, mailing, typed)
        except Refused as exc:
            return page(request, exc, typed)
        return desk.moved(noticed("/login", "sent"))

    @routes.post("/logout")
    def logout(_request: Request) -> Response:
        return desk.forget(desk.moved(noticed("/login", "out")))

    return routes


def _begun(sessions: Sessions, token: str) -> LoggedIn:
    try:
        if not token or len(token) > _LONGEST_TOKEN:
            raise Unauthorized("Invalid credentials")
        return sessions.from_link(token)
    except Unauthorized as exc:
        raise Refused(401, Problem("token", known(exc.message))) from None


def _mail(request: Request, mailing: Mailing, typed: str) -> None:
    try:
        address = checked_address(typed)
    except BadAddress as exc:
        raise Refused(422, Problem("email_address", known(str(exc)))) from None
    with refusals():
        mailing.links.send(address, mailing.own_url + _next(request), mailing.network_of(request))


def _next(request: Request) -> str:
    given = form(request).get("next") if request.method == "POST" else request.query_params.get("next", "")
    return own_path(given) if given else HOME


def _account(desk: Desk, service: MemberService) -> APIRouter:
    routes = desk.router()

    def page(request: Request, refused: Refused | None = None, **shown: Any) -> Response:
        who = member(request)
        assert who.session is not None
        data = {
            **service.page(who.session),
            "notice": notice(request.query_params),
        }
        extra = {"api_token": None, "session_token": None, "typed": "", **shown}
        view = View("members/account.html", data, extra, section="account")
        return desk.show(request, with_problems(view, refused))

    @routes.api_route(HOME, methods=READ)
    def account(request: Request) -> Response:
        return page(request)

    @routes.post(HOME)
    def change(request: Request) -> Response:
        given = form(request)
        try:
            return _act(desk, service, request, page)
        except Refused as exc:
            return page(request, exc, typed=given.get("name"))

    return routes


def _act(desk: Desk, service: MemberService, request: Request, page: Callable[..., Response]) -> Response:
    """Do what a button of the page says."""
    given = form(request)
    who, action = member(request), given.get("action")
    assert who.session is not None
    with refusals(_CHANGED):
        if action == "make-token":
            token, name = service.make_token(who.session, NewApiToken(name=given.get("name")).name)
            return _secret(page(request, api_token={"token": token, "name": name}))
        if action == "show-token":
            return _secret(page(request, session_token=who.token))
        if action == "revoke-token":
            service.revoke_token(who.session, given.get("id"))
            return desk.moved(noticed(HOME, "revoked"))
        if action == "end-everything":
            service.end_everything(who.session)
            return desk.forget(desk.moved(noticed("/login", "everywhere")))
    raise BadRequest("There is no such thing to do")


def _secret(response: Response) -> Response:
    """An answer that nobody keeps, as its address or what is on it is a secret."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
