"""Findings over HTTP (management contract 2.3, 2.4)."""

import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from oonib.accounts.guard.routes import Guard, caller, caller_if_any
from oonib.errors import BadRequest
from oonib.findings.listing import Listings
from oonib.findings.schema import (
    ChangedFinding,
    Deleted,
    DeletedFinding,
    Done,
    FindingFilters,
    FindingId,
    FindingList,
    NewFinding,
    OneFinding,
)
from oonib.findings.service import FindingsService
from oonib.records import Conflict

_ETAG_RE = re.compile(r'(?:W/)?"([0-9]{1,9})"', re.ASCII)
_TAKEN: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "Somebody else was faster, or has that slug",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed since then"}}
_IfNoneMatch = Annotated[
    str | None, Header(description="The `ETag` of an answer that is at hand: 304 when it is still good.")
]
_IfMatch = Annotated[
    str | None,
    Header(description="The `ETag` of what was loaded: 409 when it was changed since then."),
]


def router(service: FindingsService, guard: Guard) -> APIRouter:
    """The routes over `service`."""
    routes = APIRouter()
    for part in (_reading(service, guard), _writing(service, guard), _publishing(service, guard)):
        routes.routes.extend(part.routes)
    return routes


def _reading(service: FindingsService, guard: Guard) -> APIRouter:
    routes = guard.for_anybody(prefix="/api/v1/incidents", tags=["findings"])

    listings = Listings(service)

    @routes.get("/search", response_model=FindingList, responses=_UNCHANGED)
    def search(
        request: Request, filters: Annotated[FindingFilters, Query()], if_none_match: _IfNoneMatch = None
    ) -> Response:
        """Findings, the latest first. Who is logged in sees drafts as well; only admins see addresses."""
        answer = listings.answer(filters, caller_if_any(request))
        tag = f'"{answer.tag}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Authorization"}
        if if_none_match is not None and tag in if_none_match:
            return Response(status_code=304, headers=headers)
        return Response(answer.body, media_type="application/json", headers=headers)

    @routes.get("/show/{key}", response_model=OneFinding)
    def show(
        request: Request, key: Annotated[str, Path(description="The id, or a slug that it has or had.")]
    ) -> Response:
        """One finding with its text, which is Markdown as it was written."""
        found, version = service.show(key, caller_if_any(request))
        return _answer({"incident": found}, ETag=f'"{version}"', Vary="Authorization")

    return routes


def _writing(service: FindingsService, guard: Guard) -> APIRouter:
    routes = APIRouter()
    admins = guard.for_admins(prefix="/api/v1/incidents", tags=["findings"])
    users = guard.for_users(prefix="/api/v1/incidents", tags=["findings"])

    @admins.post("/create", response_model=Done, responses=_TAKEN)
    def create(request: Request, asked: NewFinding) -> Response:
        """A new finding, for admins. `email_address` is that of the account."""
        return _done(service.create(asked, caller(request)))

    @users.post("/update", response_model=Done, responses=_TAKEN)
    def update(request: Request, asked: ChangedFinding, if_match: _IfMatch = None) -> Response:
        """All fields anew: one's own findings, or any for an admin. Only admins publish."""
        return _done(service.update(asked, caller(request), _version(if_match)))

    @users.post("/delete", response_model=Deleted, responses=_TAKEN)
    def delete(request: Request, asked: DeletedFinding, if_match: _IfMatch = None) -> Response:
        """Remove one's own finding for good, or any as an admin."""
        service.delete(asked, caller(request), _version(if_match))
        return _answer({})

    routes.routes.extend([*admins.routes, *users.routes])
    return routes


def _publishing(service: FindingsService, guard: Guard) -> APIRouter:
    routes = guard.for_admins(prefix="/api/v1/incidents", tags=["findings"])

    @routes.post("/{action}", response_model=Done, responses=_TAKEN)
    def publish(
        request: Request,
        asked: FindingId,
        action: Annotated[str, Path(description="`publish` or `unpublish`")],
        if_match: _IfMatch = None,
    ) -> Response:
        """Show a finding to everybody, or no longer; for admins."""
        if action not in ("publish", "unpublish"):
            raise BadRequest("Invalid query action")
        published = action == "publish"
        return _done(
            service.publish(asked.id, caller(request), published=published, version=_version(if_match))
        )

    return routes


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG_RE.fullmatch(if_match.strip())
    if found is None:
        raise Conflict("not a version of ours")
    return int(found[1])


def _done(finding_id: str) -> Response:
    return _answer({"id": finding_id, "r": 1})


def _answer(body: dict[str, Any], **headers: str) -> Response:
    return Response(
        orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-cache", **headers}
    )
