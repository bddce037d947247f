"""HTTP side of quotas: the summary for administrators, and what is left for whoever asks."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from oonib.errors import Unauthorized, Unavailable
from oonib.quota.levels import Standing
from oonib.quota.service import Caller, Quotas
from oonib.quota.store import StoreFailed

_NO_CACHE = {"Cache-Control": "no-cache"}


class WindowLeft(BaseModel):
    """One of the windows."""

    window: str = Field(description="`day`, `week` or `month`")
    seconds: float = Field(description="Length of the window")
    limit: float = Field(description="Seconds of serving in a full window")
    remaining: float = Field(description="Seconds of serving that are left")


class QuotaLeft(BaseModel):
    """Answer of `GET /api/v1/quota`."""

    metered: bool = Field(description="Whether requests from here are charged at all")
    windows: list[WindowLeft] = Field(description="Empty where they are not")


def router(
    quotas: Quotas, caller_of: Callable[[Request], Caller | None], may_see: Callable[[Request], bool]
) -> APIRouter:
    """`caller_of` says who pays for a request, `may_see` who is an administrator."""
    routes = APIRouter(tags=["operations"])

    @routes.get(
        "/api/_/quotas_summary",
        summary="The twenty callers with the least left of their day, for administrators",
        response_model=list[tuple[str, float]],
        responses={401: {"description": "Whoever asks is no administrator."}},
    )
    def summary(request: Request) -> JSONResponse:
        """Pairs of a key and the seconds left, lowest first. A key is a hash: no address is kept."""
        if not may_see(request):
            raise Unauthorized("Authentication required")
        try:
            return JSONResponse([list(pair) for pair in quotas.lowest()], headers=_NO_CACHE)
        except StoreFailed:
            raise Unavailable("the quotas of this host cannot be read now", retry_after=30) from None

    @routes.get(
        "/api/v1/quota", summary="How much serving time is left for the caller", response_model=QuotaLeft
    )
    def quota(request: Request) -> JSONResponse:
        """Seconds of serving that are left for the caller's network (IPv4 /24, IPv6 /48) or account."""
        caller = caller_of(request)
        windows = [] if caller is None else _windows(caller.standing)
        body = QuotaLeft(metered=caller is not None, windows=windows)
        return JSONResponse(body.model_dump(), headers=_NO_CACHE)

    return routes


def _windows(standing: Standing) -> list[WindowLeft]:
    return [
        WindowLeft(
            window=window.name,
            seconds=window.length,
            limit=window.limit,
            remaining=round(max(level, 0.0), 3),
        )
        for window, level in zip(standing.limits.windows, standing.levels.left, strict=True)
    ]
