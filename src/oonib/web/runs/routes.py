"""The pages `/runs`, `/runs/<id>`, `/runs/new` and `/runs/<id>/edit`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from oonib.accounts import Session
from oonib.errors import BadRequest, Forbidden
from oonib.model.nettests import NAMES
from oonib.web.editing import Outdated, Refused, notice, refusals, with_problems
from oonib.web.editing.markdown import html
from oonib.web.editing.notices import noticed
from oonib.web.editing.routes import caller as caller_of
from oonib.web.editing.routes import writer
from oonib.web.frame import View, said
from oonib.web.frame.routes import READ, Desk, form, visitor
from oonib.web.runs.filling import EMPTY, Filled, of_form, of_link
from oonib.web.runs.service import PATH, RunPages, may_edit

_Id = Annotated[str, Path(max_length=30)]
_OUTDATED = said("Somebody else changed this link while you were writing. What you typed is kept below.")
_CHANGED = said("Somebody else changed this link just now. Look at it again.")
_MOST_SHOWN = 2000


def router(desk: Desk, service: RunPages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router(prefix=PATH)
    # The list and the form of a new one first: `new` is no link.
    _listing(routes, desk, service)
    _creating(routes, desk, service)
    _editing(routes, desk, service)
    _reading(routes, desk, service)
    return routes


def _listing(routes: APIRouter, desk: Desk, service: RunPages) -> None:
    @routes.api_route("", methods=READ)
    def runs(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        mine: bool = False,
        expired: bool = False,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> Response:
        caller = visitor(request).session
        data = service.listed(caller, mine=mine, expired=expired, query=q.strip(), page=page)
        asked = {"q": q, "mine": mine, "expired": expired}
        extra = {"asked": asked, "notice": notice(request.query_params)}
        return desk.show(request, View("runs/list.html", data, extra, section="runs"))


def _reading(routes: APIRouter, desk: Desk, service: RunPages) -> None:
    def page(
        request: Request, link_id: str, revision: str = "latest", refused: Refused | None = None
    ) -> Response:
        caller = visitor(request).session
        link = service.one(link_id, caller, revision)
        data = {
            "link": link,
            "revisions": service.revisions(link_id),
            "addresses": service.addresses(link),
        }
        extra = {
            "prose": {"": html(link["description"])}
            | {code: html(text) for code, text in (link["description_intl"] or {}).items()},
            "editable": may_edit(link, caller),
            "notice": notice(request.query_params),
            "most": _MOST_SHOWN,
        }
        return desk.show(request, with_problems(View("runs/one.html", data, extra, section="runs"), refused))

    @routes.api_route("/{link_id}", methods=READ)
    def run(
        request: Request, link_id: _Id, revision: Annotated[str, Query(max_length=20)] = "latest"
    ) -> Response:
        return page(request, link_id, revision)

    @routes.post("/{link_id}")
    def change(request: Request, link_id: _Id) -> Response:
        caller = caller_of(request)
        if form(request).get("action") != "archive":
            raise BadRequest("There is no such thing to do")
        try:
            with refusals(_CHANGED):
                service.archive(link_id, caller)
        except Refused as exc:
            return page(request, link_id, refused=exc)
        return desk.moved(noticed(f"{PATH}/{link_id}", "archived"))


def _creating(routes: APIRouter, desk: Desk, service: RunPages) -> None:
    @routes.api_route("/new", methods=READ)
    def blank(request: Request) -> Response:
        author = caller_of(request).address
        return _form(desk, request, Filled({**EMPTY.values, "author": author}, EMPTY.steps))

    @routes.post("/new")
    def create(request: Request) -> Response:
        filled = of_form(form(request))
        try:
            caller = writer(request)
            filled = _authored(filled, caller.address)
            if form(request).get("action") == "more":
                return _form(desk, request, filled.with_room())
            with refusals():
                made = service.create(filled, caller)
        except Refused as exc:
            return _form(desk, request, filled, refused=exc)
        return desk.moved(noticed(f"{PATH}/{made}", "created"))


def _editing(routes: APIRouter, desk: Desk, service: RunPages) -> None:
    def editable(link_id: str, caller: Session) -> dict[str, Any]:
        link = service.one(link_id, caller)
        if not may_edit(link, caller):
            raise Forbidden("Only its author and admins may change a link, and nobody one that has expired")
        return link

    @routes.api_route("/{link_id}/edit", methods=READ)
    def load(request: Request, link_id: _Id) -> Response:
        link = editable(link_id, caller_of(request))
        return _form(desk, request, of_link(link), of=link)

    @routes.post("/{link_id}/edit")
    def save(request: Request, link_id: _Id) -> Response:
        filled = of_form(form(request))
        try:
            caller = writer(request)
        except Refused as exc:
            return _form(desk, request, filled, refused=exc)
        link = editable(link_id, caller)
        # Whose address it is stays: an admin mends the link of somebody else, and does not take it.
        filled = _authored(filled, link["author"] if caller.role == "admin" else caller.address)
        if form(request).get("action") == "more":
            return _form(desk, request, filled.with_room(), of=link)
        try:
            with refusals(_OUTDATED):
                revised = service.save(link_id, filled, caller)
        except Outdated as exc:
            mine, changed = service.elsewhere(link_id, filled, caller)
            return _form(desk, request, mine, of=link, refused=exc, changed=changed)
        except Refused as exc:
            return _form(desk, request, filled, of=link, refused=exc)
        return desk.moved(noticed(f"{PATH}/{link_id}", "revised" if revised else "saved"))


def _form(
    desk: Desk,
    request: Request,
    filled: Filled,
    *,
    of: dict[str, Any] | None = None,
    refused: Refused | None = None,
    changed: list[dict[str, str]] | None = None,
) -> Response:
    data = {
        "fields": filled.values,
        "steps": list(filled.steps) or list(EMPTY.steps),
        "changed_elsewhere": changed or [],
    }
    extra = {"seen": filled.seen, "of": of, "nettests": NAMES}
    return desk.show(request, with_problems(View("runs/form.html", data, extra, section="runs"), refused))


def _authored(filled: Filled, author: str) -> Filled:
    return Filled({**filled.values, "author": author}, filled.steps, filled.seen)
