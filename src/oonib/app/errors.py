"""The one place where an error becomes a status and a body (design section 6).

Every body has `error` and `detail`: the same sentence twice, or a token and its sentence, or a word and the
list of validation problems. What is not foreseen is a 500 that says nothing about the inside.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp

from oonib.errors import (
    BadRequest,
    Failed,
    Forbidden,
    Gone,
    Invalid,
    NoRoom,
    NotFound,
    OonibError,
    Taken,
    Timeout,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthorized,
    Unavailable,
)
from oonib.records import Conflict, RecordsUnavailable

_STATUS: dict[type[OonibError], int] = {
    BadRequest: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    Taken: 409,
    Gone: 410,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Failed: 500,
    Unavailable: 503,
    Timeout: 504,
    NoRoom: 507,
}
_NO_CACHE = {"Cache-Control": "no-cache"}
# After these the rest of the request is not read, so the connection cannot be used again.
_CLOSES = (TooSlow, TooLarge)


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    error: str
    detail: str | list[dict[str, Any]]


def install(app: FastAPI) -> None:
    """Map every error of this application."""
    for kind, handler in _handlers().items():
        app.add_exception_handler(kind, handler)


def guarded(app: ASGIApp) -> ASGIApp:
    """A part of the application that stands beside the framework, with the same answers to errors."""
    return ExceptionMiddleware(app, _handlers())


def _handlers() -> dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    return {
        OonibError: _known,
        Conflict: _conflict,
        RecordsUnavailable: _without_records,
        RequestValidationError: _invalid,
        HTTPException: _http,
        ClientDisconnect: _gone,
        Exception: _unforeseen,
    }


def status_of(error: OonibError) -> int:
    """The HTTP status of a typed error."""
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def _for_eyes(request: Request, status: int, message: str, headers: Mapping[str, str]) -> Response | None:
    """The same problem as a page, for a browser that asked for a page."""
    show = getattr(getattr(request.scope.get("app"), "state", None), "problem_page", None)
    of_page = getattr(request.state, "page", False) or "route" not in request.scope
    if show is None or not of_page or "text/html" not in request.headers.get("accept", ""):
        return None
    page: Response = show(request, status, message)
    page.headers.update(headers)
    return page


async def _known(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, OonibError)
    headers = {**_NO_CACHE}
    if exc.retry_after is not None:
        headers["Retry-After"] = str(exc.retry_after)
    if isinstance(exc, _CLOSES):
        headers["Connection"] = "close"
    body = {**exc.extra, "error": exc.token or exc.message, "detail": exc.message}
    page = _for_eyes(request, status_of(exc), exc.message, headers)
    return page or JSONResponse(body, status_of(exc), headers)


async def _conflict(request: Request, _exc: Exception) -> Response:
    return await _known(request, Taken("Somebody else changed the same just now. Load it again."))


async def _without_records(request: Request, exc: Exception) -> Response:
    structlog.get_logger("records").warning("records are away", problem=str(exc))
    return await _known(request, Unavailable("The database is away for a moment", retry_after=5))


async def _invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    problems = [
        {key: value for key, value in error.items() if key in ("loc", "msg", "type")}
        for error in exc.errors()
    ]
    told = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in problems)
    body = {"error": "invalid parameters", "detail": jsonable_encoder(problems)}
    return _for_eyes(request, 422, told, _NO_CACHE) or JSONResponse(body, 422, _NO_CACHE)


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    headers = {**_NO_CACHE, **(exc.headers or {})}
    page = _for_eyes(request, exc.status_code, str(exc.detail), headers)
    return page or JSONResponse({"error": exc.detail, "detail": exc.detail}, exc.status_code, headers)


async def _gone(_request: Request, _exc: Exception) -> Response:
    # Went away while it was sending, and nobody reads this; or sent what is no body by its own framing.
    return JSONResponse(
        dict.fromkeys(("error", "detail"), "the body ends before its end"),
        400,
        {**_NO_CACHE, "Connection": "close"},
    )


async def _unforeseen(request: Request, exc: Exception) -> Response:
    structlog.get_logger("api").error("unforeseen error", route=request.scope.get("path"), exc_info=exc)
    page = _for_eyes(request, 500, "internal error", _NO_CACHE)
    return page or JSONResponse({"error": "internal error", "detail": "internal error"}, 500, _NO_CACHE)
