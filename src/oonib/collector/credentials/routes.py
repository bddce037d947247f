"""Anonymous credentials over HTTP (probe contract 7)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from oonib.collector.credentials.manifest import ManifestBody
from oonib.collector.credentials.service import Credentials

ReadObject = Callable[[AsyncIterator[bytes]], Awaitable[dict[str, Any]]]


class ManifestMeta(BaseModel):
    """About a manifest. A probe gets a new credential whenever `version` is another one."""

    version: str
    last_modification_date: str
    manifest_url: str
    library_version: str
    protocol_version: str


class ManifestAnswer(BaseModel):
    """Answer of `GET /api/v1/manifest`."""

    manifest: ManifestBody
    meta: ManifestMeta


class SignedCredential(BaseModel):
    """Answer of `POST /api/v1/sign_credential`. `emission_day` is a Julian day."""

    credential_sign_response: str
    emission_day: int


_SIGN = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["manifest_version", "credential_sign_request"],
                    "properties": {
                        "manifest_version": {"type": "string"},
                        "credential_sign_request": {"type": "string", "format": "byte"},
                    },
                }
            }
        },
    }
}


def router(
    credentials: Credentials, address_of: Callable[[Request], str], read_object: ReadObject
) -> APIRouter:
    """The routes over `credentials`. `address_of` gives the address of who asks."""
    routes = APIRouter(tags=["probes"])

    async def asked_for(request: Request) -> dict[str, Any]:
        return await read_object(request.stream())

    @routes.get(
        "/api/v1/manifest",
        response_model=ManifestAnswer,
        responses={404: {"description": "Credentials are not in use."}},
    )
    def manifest() -> JSONResponse:
        """Parameters of anonymous credentials and who must show which; 404 where they are not in use."""
        return JSONResponse(credentials.manifest(), headers={"Cache-Control": "max-age=60"})

    @routes.post("/api/v1/sign_credential", response_model=SignedCredential, openapi_extra=_SIGN)
    def sign_credential(
        request: Request, asked: Annotated[dict[str, Any], Depends(asked_for)]
    ) -> JSONResponse:
        """A credential, signed without seeing it. 404: not the manifest in force; 403: not for these keys."""
        signed = credentials.sign(asked, address_of(request))
        return JSONResponse(signed, headers={"Cache-Control": "no-cache"})

    return routes
