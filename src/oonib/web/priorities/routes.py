"""The pages `/priorities`, `/priorities/preview` for everybody, and `/priorities/edit` for admins."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from oonib.accounts import Session
from oonib.checkin.prioritisation import Rule
from oonib.errors import BadRequest, Invalid
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web.editing import Problem, Refused, notice, refusals, with_problems
from oonib.web.editing.notices import noticed
from oonib.web.frame import View, said
from oonib.web.frame.forms import Form
from oonib.web.frame.routes import READ, Desk, form, member
from oonib.web.priorities.comparing import MOST, Change
from oonib.web.priorities.service import (
    FIELDS,
    Network,
    PriorityPages,
    given,
    network,
    rule,
    said_change,
)

PATH = "/priorities"
_Short = Annotated[str, Query(max_length=2000)]
_NAMES = {name: f"new_{name}" for name in FIELDS}
_CHANGED = said("Somebody else changed this rule meanwhile. The list has it as it is now.")


def router(desk: Desk, service: PriorityPages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router(prefix=PATH)
    _reading(routes, desk, service)
    _editing(routes, desk, service)
    return routes


def _reading(routes: APIRouter, desk: Desk, service: PriorityPages) -> None:
    @routes.api_route("", methods=READ)
    def priorities(
        request: Request, q: _Short = "", page: Annotated[int, Query(ge=1, le=100_000)] = 1
    ) -> Response:
        data = service.listed(q.strip(), page)
        extra = {"query": q, "notice": notice(request.query_params), "categories": DESCRIPTIONS}
        return desk.show(request, View("priorities/list.html", data, extra, section="priorities"))

    @routes.api_route("/preview", methods=READ)
    def preview(request: Request, cc: _Short = "", asn: _Short = "") -> Response:
        problems: list[Problem] = []
        try:
            whose = network(cc, asn)
        except Invalid as exc:
            whose, problems = Network(), [Problem("cc", exc.message)]
        change = _change_in(request)
        data = {**service.preview(whose, change), "problems": problems, "change": change}
        extra = {
            "typed": {"cc": cc, "asn": asn},
            "notice": notice(request.query_params),
            "change_said": None if change is None else said_change(change),
            "most": MOST,
            "categories": DESCRIPTIONS,
        }
        status = 422 if problems else 200
        return desk.show(request, View("priorities/preview.html", data, extra, "priorities", status))


def _editing(routes: APIRouter, desk: Desk, service: PriorityPages) -> None:
    def page(request: Request, fields: Form, refused: Refused | None = None) -> Response:
        old, new = given(fields, "old_"), given(fields, "new_")
        typed = {"cc": fields.get("at_cc"), "asn": fields.get("at_asn")}
        preview = None
        if fields.get("action") == "preview" and refused is None:
            preview = service.preview(network(typed["cc"], typed["asn"]), _change(fields))
        data = {"old": old, "new": new, "preview": preview}
        extra = {"typed": typed, "is_new": not any(old.values()), "most": MOST, "categories": DESCRIPTIONS}
        view = View("priorities/form.html", data, extra, "priorities")
        return desk.show(request, with_problems(view, refused))

    @routes.api_route("/edit", methods=READ)
    def load(request: Request) -> Response:
        member(request, admin=True)
        asked = request.query_params
        old = [(f"{place}{name}", asked.get(name, "")) for place in ("old_", "new_") for name in FIELDS]
        return page(request, Form(old))

    @routes.post("/edit")
    def change(request: Request) -> Response:
        fields = form(request)
        caller = member(request, admin=True).session
        assert caller is not None
        try:
            with refusals(_CHANGED, _NAMES):
                return _done(desk, service, fields, caller) or page(request, fields)
        except Refused as exc:
            return page(request, fields, exc)


def _done(desk: Desk, service: PriorityPages, fields: Form, caller: Session) -> Response | None:
    """Do what a button says; None where only a preview is wanted."""
    asked, action = _change(fields), fields.get("action")
    whose = network(fields.get("at_cc"), fields.get("at_asn"))
    if action == "preview":
        return None
    if action not in ("save", "remove"):
        raise BadRequest("There is no such thing to do")
    service.change(asked, caller)
    word = "rule-added" if asked.old is None else "rule-removed" if asked.new is None else "rule-changed"
    if not whose.cc:
        return desk.moved(noticed(PATH, word))
    return desk.moved(noticed(f"{PATH}/preview", word, **_pairs(asked), cc=whose.cc, asn=whose.shown))


def _change(fields: Form) -> Change:
    """What a form asks for. Raises `ValidationError`."""
    old = given(fields, "old_")
    removes = fields.get("action") == "remove"
    return Change(rule(old) if any(old.values()) else None, None if removes else rule(given(fields, "new_")))


def _change_in(request: Request) -> Change | None:
    """The change that an address tells of, if it does."""
    asked = request.query_params
    rules: list[Rule | None] = []
    for prefix in ("old_", "new_"):
        values = given(asked, prefix)
        try:
            rules.append(rule(values) if any(values.values()) else None)
        except ValidationError:
            raise Invalid("The address does not tell of a rule") from None
    found = Change(*rules)
    return None if found.is_none else found


def _pairs(change: Change) -> dict[str, str]:
    return {
        f"{prefix}_{name}": str(getattr(one, name))
        for prefix, one in (("old", change.old), ("new", change.new))
        if one is not None
        for name in FIELDS
    }
