"""Test helpers over HTTP (probe contract 3)."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from oonib.checkin.asking import read_object
from oonib.checkin.helpers.service import TestHelpers, collectors, net_tests

_NO_CACHE = {"Cache-Control": "no-cache"}
_NET_TESTS = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["net-tests"]},
                "example": {"net-tests": [{"name": "web_connectivity", "version": "0.0.1"}]},
            }
        },
    }
}


class Address(BaseModel):
    """One server that a probe may use. `front` is the other name of one behind a content delivery network."""

    address: str = Field(examples=["https://wcth0.fra1.ooni.org"])
    type: str = Field(examples=["https"])
    front: str | None = None


async def _asked(request: Request) -> dict[str, Any]:
    return await read_object(request.stream())


def router(helpers: TestHelpers, address_of: Callable[[Request], str]) -> APIRouter:
    """The routes over `helpers`. `address_of` gives the address of who asks."""
    routes = APIRouter(tags=["probes"])

    @routes.get("/api/v1/test-helpers", response_model=dict[str, list[Address]])
    def test_helpers(request: Request) -> JSONResponse:
        """The servers that help nettests, by kind; those of web connectivity in the order to try them.

        Probes also use this to find out which backend answers fastest.
        """
        return JSONResponse(helpers.for_checkin(address_of(request)), headers=_NO_CACHE)

    @routes.get("/api/v1/collectors", response_model=list[Address])
    def list_collectors() -> JSONResponse:
        """Where probes of before 2020 may submit."""
        return JSONResponse(collectors(), headers={"Cache-Control": "max-age=3600"})

    @routes.post("/bouncer/net-tests", openapi_extra=_NET_TESTS)
    def bouncer(asked: Annotated[dict[str, Any], Depends(_asked)]) -> JSONResponse:
        """Collector and helpers for the first of the nettests, as probes of before 2020 ask for them."""
        return JSONResponse(net_tests(asked), headers=_NO_CACHE)

    return routes
