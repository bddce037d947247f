"""Targets of nettests over HTTP (probe contract 9)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response

from oonib.checkin.registration.service import Registration
from oonib.checkin.targets.schema import TorTarget, VpnProvider
from oonib.checkin.targets.service import Targets

_NO_CACHE = {"Cache-Control": "no-cache"}

Authorization = Annotated[str, Header(description="`Bearer` and the token of `/api/v1/login`.")]
Country = Annotated[str, Query(description="Any text: the answer is the same.")]


def router(targets: Targets, registration: Registration, *, token_required: bool) -> APIRouter:
    """The routes over `targets`. With `token_required` tor and psiphon are for probes that logged in."""
    routes = APIRouter(tags=["probes"])

    @routes.get("/api/v1/test-list/tor-targets", response_model=dict[str, TorTarget])
    def tor(authorization: Authorization = "", country_code: Country = "") -> Response:
        """Ways into tor that the tor nettest tries, by id. 503 names the setting that is missing."""
        del country_code
        if token_required:
            registration.check_token(authorization)
        return Response(targets.tor(), media_type="application/json", headers=_NO_CACHE)

    @routes.get("/api/v1/test-list/psiphon-config", response_model=dict[str, Any])
    def psiphon(authorization: Authorization = "") -> Response:
        """The configuration of the psiphon nettest. 503 names the setting that is missing."""
        if token_required:
            registration.check_token(authorization)
        return Response(targets.psiphon(), media_type="application/json", headers=_NO_CACHE)

    @routes.get("/api/v2/ooniprobe/vpn-config/{provider}", response_model=VpnProvider)
    def vpn(provider: str, country_code: Country = "") -> Response:
        """Keys and up to four gateways of a VPN provider. 503 names the setting that is missing."""
        del country_code
        return JSONResponse(targets.vpn(provider).model_dump(), headers=_NO_CACHE)

    return routes
