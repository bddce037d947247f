"""The first cut over HTTP, under both of its prefixes (management contract 3.6)."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from oonib.accounts.guard.routes import Guard, caller, caller_if_any
from oonib.errors import BadRequest
from oonib.oonirun.legacy.service import LegacyService
from oonib.records.values import PlainObject, StorableText

PREFIXES = ("/api/v1/ooni_run", "/api/_/ooni_run")
_LARGEST_ID = 2**63 - 1
_MOST_IDS = 1000
_NO = frozenset({"", "0", "false", "no", "f", "n"})
_NOBODY: dict[int | str, dict[str, Any]] = {
    401: {
        "description": "Nobody is logged in",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
_LinkId = Annotated[int, Path(ge=0, le=_LARGEST_ID)]


class Created(BaseModel):
    """A link that was made or changed."""

    v: int
    ooni_run_link_id: int


class Archived(BaseModel):
    """Nothing is left to say."""

    v: int


class Fetched(BaseModel):
    """A version of a descriptor."""

    archived: bool
    descriptor: dict[str, Any]
    descriptor_creation_time: str
    translation_creation_time: str
    mine: bool
    v: int


class ListedVersion(BaseModel):
    """A version in the list."""

    archived: bool
    author: str
    descriptor_creation_time: str
    icon: str
    mine: bool
    name: str
    ooni_run_link_id: int
    short_description: str
    translation_creation_time: str


class Versions(BaseModel):
    """The answer of the list."""

    v: int
    descriptors: list[ListedVersion]


class Filters(BaseModel):
    """Which versions."""

    ooni_run_link_id: StorableText = Field("", description="Ids with commas.")
    only_latest: str = ""
    only_mine: str = ""
    include_archived: str = Field("", description="Anything but an empty text is a yes.")


def router(service: LegacyService, guard: Guard) -> APIRouter:
    """The routes over `service`."""
    routes = APIRouter()
    for prefix in PREFIXES:
        routes.routes.extend(_reading(service, guard, prefix).routes)
        routes.routes.extend(_writing(service, guard, prefix).routes)
    return routes


def _writing(service: LegacyService, guard: Guard, prefix: str) -> APIRouter:
    routes = guard.for_users(prefix=prefix, tags=["OONI Run, first cut"])

    @routes.post("/create", response_model=Created)
    def create(
        request: Request,
        descriptor: Annotated[PlainObject, Body()],
        ooni_run_link_id: Annotated[int | None, Query(ge=0, le=_LARGEST_ID)] = None,
    ) -> Response:
        """Keep a descriptor, as a new link or as the newest of one of one's own."""
        made = service.create(descriptor, caller(request), ooni_run_link_id)
        return _answer({"v": 1, "ooni_run_link_id": made})

    @routes.post("/archive/{link_id}", response_model=Archived, responses=_NOBODY)
    def archive(request: Request, link_id: _LinkId) -> Response:
        """Hide a link of one's own from lists; any as an admin."""
        service.archive(link_id, caller(request))
        return _answer({"v": 1})

    return routes


def _reading(service: LegacyService, guard: Guard, prefix: str) -> APIRouter:
    routes = guard.for_anybody(prefix=prefix, tags=["OONI Run, first cut"])

    @routes.get("/fetch/{link_id}", response_model=Fetched)
    def fetch(
        request: Request,
        link_id: _LinkId,
        creation_time: Annotated[str | None, Query(examples=["2023-06-02T12:33:43.123Z"])] = None,
    ) -> Response:
        """A descriptor, the newest or that of a moment."""
        return _answer(service.fetch(link_id, creation_time, caller_if_any(request)))

    @routes.get("/list", response_model=Versions)
    def versions(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """Every version of every link, the oldest first."""
        found = service.versions(
            caller_if_any(request),
            links=_ids(filters.ooni_run_link_id),
            mine=filters.only_mine.lower() not in _NO,
            archived=filters.include_archived != "",
            latest=filters.only_latest.lower() not in _NO,
        )
        return _answer({"v": 1, "descriptors": found})

    return routes


def _ids(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",", _MOST_IDS) if word.strip()]
    if any(not (word.isascii() and word.isdigit() and len(word) <= 18) for word in words):
        raise BadRequest("ooni_run_link_id: not numbers with commas")
    return [int(word) for word in words]


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-cache"})
