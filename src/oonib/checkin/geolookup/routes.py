"""Geolookup over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from oonib.checkin.asking import read_object
from oonib.checkin.geolookup.service import Locator, geolookup

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["addresses"],
                    "properties": {"addresses": {"type": "array", "items": {"type": "string"}}},
                },
                "example": {"addresses": ["192.0.2.5", "2001:db8::1"]},
            }
        },
    }
}


class Place(BaseModel):
    """Where one address is; `ZZ` and null where that is unknown."""

    cc: str = Field(examples=["BR"])
    asn: int | None = Field(examples=[28573])
    as_name: str | None = Field(examples=["Example Cabo SA"])


class Places(BaseModel):
    """Answer of `POST /api/v1/geolookup`."""

    v: int = 1
    geolocation: dict[str, Place]


async def _asked(request: Request) -> dict[str, Any]:
    return await read_object(request.stream())


def router(locator: Locator) -> APIRouter:
    """The route over `locator`."""
    routes = APIRouter(tags=["probes"])

    @routes.post("/api/v1/geolookup", response_model=Places, openapi_extra=_BODY)
    def lookup(asked: Annotated[dict[str, Any], Depends(_asked)]) -> JSONResponse:
        """Country and network of up to a thousand addresses."""
        return JSONResponse(geolookup(asked, locator), headers={"Cache-Control": "no-cache"})

    return routes
