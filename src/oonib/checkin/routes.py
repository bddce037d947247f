"""The HTTP side of check-in (probe contract 1)."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oonib.checkin.asking import read_object
from oonib.checkin.schema import CheckInAnswer, PrivateCheckInAnswer
from oonib.checkin.service import CheckinService

_LONGEST_BODY = 1024 * 1024
_NO_CACHE = {"Cache-Control": "no-cache"}
_TEXT = {"type": "string"}
_CLAIM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Any JSON object, whatever its Content-Type. A field that is odd counts as not sent.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "run_type": {"type": "string", "enum": ["timed", "manual"], "default": "timed"},
                        "charging": {"type": "boolean", "default": True},
                        "on_wifi": {"type": "boolean"},
                        "platform": _TEXT,
                        "probe_cc": {"type": "string", "default": "ZZ"},
                        "probe_asn": {"type": "string", "default": "AS0"},
                        "software_name": _TEXT,
                        "software_version": _TEXT,
                        "web_connectivity": {
                            "type": "object",
                            "properties": {"category_codes": {"type": "array", "items": _TEXT}},
                        },
                    },
                }
            }
        },
    }
}
_STATUSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not a JSON object."},
    413: {"description": "The body is larger than a check-in can be."},
}


def router(service: CheckinService, address_of: Callable[[Request], str]) -> APIRouter:
    """The routes over `service`. `address_of` says who sent a request, empty where nobody can tell."""
    routes = APIRouter(tags=["probes"])

    @routes.post("/api/v1/check-in", response_model=CheckInAnswer, responses=_STATUSES, openapi_extra=_CLAIM)
    async def check_in(request: Request) -> Response:
        """What a probe does before it measures: where it is, what it may do, which URLs to test.

        Up to 9999 URLs for a `manual` run, else 100, or 20 on battery; those that were measured least in the
        probe's network come first. The list is only empty when no known category was asked for.
        """
        return _answer(
            await service.check_in(await read_object(request.stream(), _LONGEST_BODY), address_of(request))
        )

    @routes.post(
        "/api/_/check-in", response_model=PrivateCheckInAnswer, responses=_STATUSES, openapi_extra=_CLAIM
    )
    async def check_in_private(request: Request) -> Response:
        """The same with nettests as a list of targets. An experiment that no released client uses."""
        return _answer(
            await service.check_in_private(
                await read_object(request.stream(), _LONGEST_BODY), address_of(request)
            )
        )

    return routes


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers=_NO_CACHE)
