"""Registration and login of probes over HTTP (probe contract 8)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from oonib.checkin.asking import read_object
from oonib.checkin.registration.service import Registration

_NO_CACHE = {"Cache-Control": "no-cache"}


class Registered(BaseModel):
    """Answer of `POST /api/v1/register`."""

    client_id: str


class LoggedIn(BaseModel):
    """Answer of `POST /api/v1/login`. After `expire` the probe logs in again."""

    token: str
    expire: str = Field(examples=["2026-03-09T10:15:30Z"])


class Updated(BaseModel):
    """Answer of `PUT /api/v1/update/{client_id}`."""

    status: str = "ok"


async def _asked(request: Request) -> dict[str, Any]:
    return await read_object(request.stream())


def _body(example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


_REGISTER = _body(
    {
        "platform": "linux",
        "probe_asn": "AS0",
        "probe_cc": "ZZ",
        "software_name": "miniooni",
        "software_version": "0.1.0-dev",
        "supported_tests": ["web_connectivity"],
        "password": "any text",
    }
)
_LOGIN = _body({"username": "the client_id", "password": "any text"})


def router(registration: Registration) -> APIRouter:
    """The routes over `registration`."""
    routes = APIRouter(tags=["probes"])

    @routes.post(
        "/api/v1/register",
        response_model=Registered,
        openapi_extra=_REGISTER,
        dependencies=[Depends(_asked)],
    )
    def register() -> JSONResponse:
        """A client id for life. Nothing of the request is looked at or kept."""
        return JSONResponse(registration.register(), headers=_NO_CACHE)

    @routes.post("/api/v1/login", response_model=LoggedIn, openapi_extra=_LOGIN)
    def login(asked: Annotated[dict[str, Any], Depends(_asked)]) -> JSONResponse:
        """A token for a week. Any password will do, and client ids of other backends are let in."""
        return JSONResponse(registration.login(asked), headers=_NO_CACHE)

    @routes.put("/api/v1/update/{client_id}", response_model=Updated)
    def update(client_id: str) -> JSONResponse:
        """Old probes report changes of their network here; nothing of it is looked at or kept."""
        del client_id
        return JSONResponse(Updated().model_dump(), headers=_NO_CACHE)

    return routes
