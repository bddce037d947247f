"""The pages `/lists`, `/lists/<list>` and `/lists/<list>/entry`. Lists themselves are for members."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from oonib.accounts import Session
from oonib.errors import BadRequest
from oonib.measurements.statistics.countries import NAMES
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web.editing import Problem, Refused, notice, refusals, with_problems
from oonib.web.editing.notices import noticed
from oonib.web.editing.routes import caller as caller_of
from oonib.web.editing.routes import writer
from oonib.web.frame import View, said
from oonib.web.frame.forms import Form
from oonib.web.frame.routes import READ, Desk, form, visitor
from oonib.web.lists.service import (
    FIELDS,
    PATH,
    Asked,
    ListPages,
    blank,
    checked,
    entry_of,
    values_of,
    with_path,
)

_Name = Annotated[str, Path(max_length=20)]
_Short = Annotated[str, Query(max_length=2000)]
_RACE = said("Another request of yours was faster. Try again.")


def router(desk: Desk, service: ListPages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router(prefix=PATH)
    _overview(routes, desk, service)
    _list(routes, desk, service)
    _entry(routes, desk, service)
    return routes


def _overview(routes: APIRouter, desk: Desk, service: ListPages) -> None:
    @routes.api_route("", methods=READ)
    def lists(request: Request, go: Annotated[str, Query(max_length=20)] = "") -> Response:
        if go:
            return desk.moved(f"{PATH}/{checked(go)}")
        data = service.standing(visitor(request).session)
        extra = {"notice": notice(request.query_params), "problems": [], "codes": sorted(NAMES)}
        return desk.show(request, View("lists/index.html", data, extra, section="lists"))

    @routes.post("")
    def change(request: Request) -> Response:
        caller = caller_of(request)
        given = form(request)
        try:
            with refusals(_RACE):
                word = _do(service, given, caller)
        except Refused as exc:
            data = service.standing(caller)
            extra = {"notice": None, "problems": exc.problems, "codes": sorted(NAMES)}
            return desk.show(request, View("lists/index.html", data, extra, "lists", exc.status))
        return desk.moved(noticed(PATH, word))


def _do(service: ListPages, given: Form, caller: Session) -> str:
    """Do what a button says; the notice of it."""
    action, number = given.get("action"), given.get("number")
    if action == "submit":
        service.submit(caller)
        return "submitted"
    if action == "take-back" and number.isascii() and number.isdigit() and len(number) < 5:
        service.take_back(int(number), caller)
        return "taken-back"
    raise BadRequest("There is no such thing to do")


def _list(routes: APIRouter, desk: Desk, service: ListPages) -> None:
    @routes.api_route("/{name}", methods=READ)
    def one(
        request: Request,
        name: _Name,
        q: _Short = "",
        category: Annotated[str, Query(max_length=20)] = "",
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> Response:
        cc, caller = checked(name), caller_of(request)
        asked = Asked(q.strip(), category.strip().upper(), page)
        data = service.listed(cc, asked, caller)
        extra = {"asked": asked, "notice": notice(request.query_params), "words": DESCRIPTIONS}
        return desk.show(request, View("lists/list.html", data, extra, section="lists"))


def _entry(routes: APIRouter, desk: Desk, service: ListPages) -> None:
    def page(request: Request, cc: str, fields: Form, refused: Refused | None = None) -> Response:
        old, new = values_of(fields, "old_"), values_of(fields, "")
        data = {"cc": cc, "old": old if old["url"] else None, "new": new}
        extra = {"comment": fields.get("comment"), "words": DESCRIPTIONS}
        return desk.show(request, with_problems(View("lists/entry.html", data, extra, "lists"), refused))

    @routes.api_route("/{name}/entry", methods=READ)
    def load(request: Request, name: _Name, url: _Short = "") -> Response:
        cc, caller = checked(name), caller_of(request)
        if not url:
            return page(request, cc, Form(list(blank().items())))
        entry = service.entry(cc, url, caller)
        values = [(field, str(getattr(entry, field))) for field in FIELDS]
        old = [(f"old_{field}", value) for field, value in values]
        return page(request, cc, Form([*values, *old]))

    @routes.post("/{name}/entry")
    def save(request: Request, name: _Name) -> Response:
        cc, fields = checked(name), form(request)
        try:
            caller = writer(request)
            with refusals(_RACE):
                _propose(service, cc, fields, caller)
        except Refused as exc:
            return page(request, cc, fields, exc)
        return desk.moved(noticed(f"{PATH}/{cc}", "proposed", **_found(fields)))


def _propose(service: ListPages, cc: str, fields: Form, caller: Session) -> None:
    action = fields.get("action")
    if action not in ("save", "delete"):
        raise BadRequest("There is no such thing to do")
    given = [(name, with_path(value) if name == "url" else value) for name, value in fields.fields]
    old, new = entry_of(fields, "old_"), None if action == "delete" else entry_of(Form(given), "")
    if action == "save" and new is None:
        raise Refused(422, Problem("url", said("This is needed")))
    service.propose(cc, old, new, fields.get("comment"), caller)


def _found(fields: Form) -> dict[str, str]:
    """What finds the entry again in its list."""
    return {"q": with_path(fields.get("url"))} if fields.get("action") == "save" else {}
