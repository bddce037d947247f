"""The pages `/findings`, `/findings/<id or slug>`, `/findings/new` and `/findings/<id>/edit`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from oonib.accounts import Session
from oonib.errors import BadRequest, Forbidden
from oonib.web.editing import Outdated, Refused, notice, refusals, with_problems
from oonib.web.editing.markdown import html
from oonib.web.editing.notices import noticed
from oonib.web.editing.routes import caller as caller_of
from oonib.web.editing.routes import writer
from oonib.web.findings.filling import EMPTY, Filled, of_finding, of_form
from oonib.web.findings.service import (
    PATH,
    Asked,
    FindingPages,
    One,
    address_of,
    evidence,
    may_edit,
)
from oonib.web.frame import View, said
from oonib.web.frame.routes import READ, Desk, form, member, visitor
from oonib.web.frame.said import Said

_Key = Annotated[str, Path(max_length=300)]
_Short = Annotated[str, Query(max_length=200)]
_WORDS: dict[str, Said] = {
    "human_rights": said("Human rights"),
    "social_media": said("Social media"),
    "im": said("Instant messaging"),
    "circumvention": said("Circumvention"),
    "news_media": said("News media"),
}
_OUTDATED = said("Somebody else changed this finding while you were writing. Your text is kept below.")
_CHANGED = said("Somebody else changed this finding just now. Look at it again.")


def router(desk: Desk, service: FindingPages) -> APIRouter:
    """The routes over `service`."""
    routes = desk.router(prefix=PATH)
    # The list and the form of a new one first: `new` is no finding.
    _reading_list(routes, desk, service)
    _creating(routes, desk, service)
    _editing(routes, desk, service)
    _reading(routes, desk, service)
    return routes


def _reading_list(routes: APIRouter, desk: Desk, service: FindingPages) -> None:
    @routes.api_route("", methods=READ)
    def findings(  # noqa: PLR0917 - called by the framework, by name
        request: Request,
        country: _Short = "",
        theme: _Short = "",
        keyword: _Short = "",
        by: _Short = "",
        mine: bool = False,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> Response:
        caller = visitor(request).session
        asked = Asked(country.strip().upper(), theme.strip(), keyword.strip(), by.strip(), mine, page)
        data = service.listed(asked, caller)
        extra = {
            "asked": asked,
            "notice": notice(request.query_params),
            "themes_said": _themes(data["themes"]),
        }
        return desk.show(request, View("findings/list.html", data, extra, section="findings"))


def _reading(routes: APIRouter, desk: Desk, service: FindingPages) -> None:
    def page(request: Request, one: One, refused: Refused | None = None) -> Response:
        caller = visitor(request).session
        data = {
            "finding": one.finding,
            "finding_version": one.version,
            "address": address_of(one.finding),
            "evidence": evidence(one.finding),
        }
        extra = {
            "prose": html(one.finding["text"]),
            "editable": may_edit(one.finding, caller),
            "notice": notice(request.query_params),
            "themes_said": _themes(one.finding["themes"]),
        }
        view = View("findings/one.html", data, extra, section="findings")
        return desk.show(request, with_problems(view, refused))

    @routes.api_route("/{key}", methods=READ)
    def finding(request: Request, key: _Key) -> Response:
        one = service.one(key, visitor(request).session)
        if key != one.finding["slug"] and not address_of(one.finding).endswith(f"/{one.finding['id']}"):
            query = request.url.query
            return desk.moved(address_of(one.finding) + (f"?{query}" if query else ""))
        return page(request, one)

    @routes.post("/{key}")
    def change(request: Request, key: _Key) -> Response:
        caller = caller_of(request)
        one = service.one(key, caller)
        try:
            with refusals(_CHANGED):
                return desk.moved(_act(request, service, one, caller))
        except Outdated as exc:
            return page(request, service.one(key, caller), exc)
        except Refused as exc:
            return page(request, one, exc)


def _act(request: Request, service: FindingPages, one: One, caller: Session) -> str:
    """Do what a button of the page says; where to go then."""
    given, finding_id = form(request), str(one.finding["id"])
    action, version = given.get("action"), of_form(given).version
    if action in ("publish", "unpublish"):
        member(request, admin=True)
        service.publish(finding_id, caller, published=action == "publish", version=version)
        return noticed(address_of(one.finding), f"{action}ed")
    if action == "delete":
        if given.get("sure") != "yes":
            raise BadRequest("Tick the box to delete it for good")
        service.delete(finding_id, caller, version)
        return noticed(PATH, "deleted")
    raise BadRequest("There is no such thing to do")


def _creating(routes: APIRouter, desk: Desk, service: FindingPages) -> None:
    @routes.api_route("/new", methods=READ)
    def blank(request: Request) -> Response:
        caller = member(request, admin=True).session
        assert caller is not None
        start = Filled({**EMPTY.values, "email_address": caller.address, "event_type": "incident"})
        return _form(desk, request, start)

    @routes.post("/new")
    def create(request: Request) -> Response:
        filled = of_form(form(request))
        try:
            caller = writer(request, admin=True)
            if form(request).get("action") == "preview":
                return _form(desk, request, filled, preview=True)
            with refusals():
                made = service.create(filled, caller)
        except Refused as exc:
            return _form(desk, request, filled, refused=exc)
        return desk.moved(noticed(f"{PATH}/{made}", "created"))


def _editing(routes: APIRouter, desk: Desk, service: FindingPages) -> None:
    @routes.api_route("/{key}/edit", methods=READ)
    def load(request: Request, key: _Key) -> Response:
        one = service.one(key, caller_of(request))
        _require_editor(one, caller_of(request))
        return _form(desk, request, of_finding(one.finding, one.version), of=one)

    @routes.post("/{key}/edit")
    def save(request: Request, key: _Key) -> Response:
        filled = of_form(form(request))
        try:
            caller = writer(request)
        except Refused as exc:
            return _form(desk, request, filled, refused=exc)
        one = service.one(key, caller)
        _require_editor(one, caller)
        if form(request).get("action") == "preview":
            return _form(desk, request, filled, of=one, preview=True)
        if caller.role != "admin":
            # They are never shown the address that is kept, and publish nothing.
            filled = Filled(
                {**filled.values, "email_address": caller.address}, False, filled.version, filled.seen
            )
        try:
            with refusals(_OUTDATED):
                service.save(str(one.finding["id"]), filled, caller)
        except Outdated as exc:
            mine, changed = service.elsewhere(key, filled, caller)
            return _form(desk, request, mine, of=one, refused=exc, changed=changed)
        except Refused as exc:
            return _form(desk, request, filled, of=one, refused=exc)
        return desk.moved(noticed(f"{PATH}/{one.finding['id']}", "saved"))


def _form(
    desk: Desk,
    request: Request,
    filled: Filled,
    *,
    of: One | None = None,
    refused: Refused | None = None,
    preview: bool = False,
    changed: list[dict[str, str]] | None = None,
) -> Response:
    data: dict[str, Any] = {
        "fields": filled.values,
        "published": filled.published,
        "finding_version": filled.version,
        "changed_elsewhere": changed or [],
    }
    extra = {
        "seen": filled.seen,
        "of": None if of is None else of.finding,
        "preview": html(filled.values["text"]) if preview else None,
        "themes_said": _themes(_WORDS),
    }
    view = View("findings/form.html", data, extra, section="findings")
    return desk.show(request, with_problems(view, refused))


def _require_editor(one: One, caller: Session) -> None:
    if not may_edit(one.finding, caller):
        raise Forbidden("Only its author and admins may change a finding")


def _themes(names: Any) -> list[tuple[str, Said | str]]:
    return [(name, _WORDS.get(name, name)) for name in names]
