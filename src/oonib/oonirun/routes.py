"""OONI Run links over HTTP (management contract 3.2 to 3.5; probe contract 11)."""

import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from oonib.accounts.guard.routes import Guard, caller, caller_if_any
from oonib.errors import Invalid
from oonib.oonirun.schema import (
    EngineDescriptor,
    Link,
    LinkFields,
    LinkFilters,
    LinkList,
    ProbeState,
    Revisions,
)
from oonib.oonirun.service import OoniRunService
from oonib.oonirun.targets import ChoosesUrls, with_inputs
from oonib.records.values import shown

_PREFIX = "/api/v2/oonirun/links"
_TAG = ["OONI Run"]
_WORD, _VERSION = r"[A-Za-z0-9_-]{1,64}", r"[A-Za-z0-9._-]{1,64}"
_AGENT_RE = re.compile(rf"{_WORD},{_VERSION},[A-Za-z0-9 _-]{{1,64}},{_WORD},{_VERSION},{_VERSION}", re.ASCII)
_TAKEN: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "Somebody else was faster",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
_LinkId = Annotated[str, Path(description="The number of the link.", examples=["10000"])]
_Revision = Annotated[str, Path(description="`latest` or a number.", examples=["latest"])]


def router(service: OoniRunService, guard: Guard, urls: ChoosesUrls) -> APIRouter:
    """The routes over `service`. `urls` chooses inputs for probes."""
    routes = APIRouter()
    for part in (_reading(service, guard), _writing(service, guard), _running(service, guard, urls)):
        routes.routes.extend(part.routes)
    return routes


def _reading(service: OoniRunService, guard: Guard) -> APIRouter:
    routes = guard.for_anybody(prefix=_PREFIX, tags=_TAG)

    @routes.get("", response_model=LinkList)
    def list_links(request: Request, filters: Annotated[LinkFilters, Query()]) -> Response:
        """Links at their newest revisions, without those that expired."""
        return _answer({"oonirun_links": service.links(filters, caller_if_any(request))})

    @routes.get("/{link_id}", response_model=Link)
    def link(request: Request, link_id: _LinkId) -> Response:
        """A link at its newest revision, expired or not."""
        return _answer(service.link(link_id, caller_if_any(request)))

    @routes.get("/{link_id}/revisions", response_model=Revisions)
    def revisions(link_id: _LinkId) -> Response:
        """The revisions of a link, the newest first."""
        return _answer({"revisions": service.revisions(link_id)})

    @routes.get("/{link_id}/full-descriptor/{revision}", response_model=Link)
    def full_descriptor(request: Request, link_id: _LinkId, revision: _Revision) -> Response:
        """A link as it is now, with the nettests of a revision."""
        return _answer(service.link(link_id, caller_if_any(request), revision))

    return routes


def _writing(service: OoniRunService, guard: Guard) -> APIRouter:
    routes = guard.for_users(prefix=_PREFIX, tags=_TAG)

    @routes.post("", response_model=Link, responses=_TAKEN)
    def create(request: Request, asked: LinkFields) -> Response:
        """A new link. `author` is the address of the account, and public."""
        return _answer(service.create(asked, caller(request)))

    @routes.put("/{link_id}", response_model=Link, responses=_TAKEN)
    def edit(request: Request, link_id: _LinkId, asked: LinkFields) -> Response:
        """All fields anew. Other nettests make a new revision; a past `expiration_date` archives the link."""
        return _answer(service.edit(link_id, asked, caller(request)))

    return routes


def _running(service: OoniRunService, guard: Guard, urls: ChoosesUrls) -> APIRouter:
    routes = guard.for_anybody(prefix=_PREFIX, tags=_TAG)

    @routes.post("/{link_id}/engine-descriptor/{revision}", response_model=EngineDescriptor)
    async def engine_descriptor(
        link_id: _LinkId,
        revision: _Revision,
        probe: ProbeState,
        useragent: Annotated[
            str | None, Header(alias="UserAgent", description="Six fields with commas.")
        ] = None,
    ) -> Response:
        """What a probe runs, with inputs chosen for its network where the link leaves them open."""
        if useragent is not None and _AGENT_RE.fullmatch(useragent) is None:
            raise Invalid("UserAgent: not six fields")
        found = await run_in_threadpool(service.descriptor, link_id, revision)
        return _answer(
            {
                "revision": str(found.revision),
                "date_created": shown(found.revised),
                "nettests": await with_inputs(found.nettests, probe, urls),
            }
        )

    return routes


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-cache"})
