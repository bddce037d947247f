"""Lets requests to a route pass or refuses them, before their body is looked at (contract 0.3)."""

from collections.abc import Callable, Collection, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import Message

from oonib.accounts.access import ADMINS, EVERYBODY, Access
from oonib.accounts.tokens import Session
from oonib.errors import TooLarge

LARGEST_BODY = 1024 * 1024
"""Bytes of the largest body that these routes read."""


class Guard:
    """Makes routers whose routes know who asks: `caller(request)` gives the session."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def for_users(self, **options: Any) -> APIRouter:
        """A router for everybody who is logged in. 401 else."""
        return self._router(EVERYBODY, options)

    def for_admins(self, **options: Any) -> APIRouter:
        """A router for admins. 401 else."""
        return self._router(ADMINS, options)

    def for_anybody(self, **options: Any) -> APIRouter:
        """A public router; who is logged in is known (`caller_if_any`)."""
        return self._router(None, options)

    def _router(self, roles: Collection[str] | None, options: dict[str, Any]) -> APIRouter:
        access = self._access

        class Guarded(APIRoute):
            """A route with its door."""

            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                """The handler behind the door."""
                handle = super().get_route_handler()

                async def enter(request: Request) -> Response:
                    shown = request.headers.get("authorization")
                    if roles is not None:
                        request.state.session = await run_in_threadpool(access.required, shown, roles)
                    elif shown is not None:
                        request.state.session = await run_in_threadpool(access.known, shown)
                    else:
                        request.state.session = None
                    return await handle(await _within_bounds(request))

                return enter

        return APIRouter(route_class=Guarded, **options)


async def _within_bounds(request: Request) -> Request:
    """The same request, its body read. Raises `TooLarge`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"the body is larger than {LARGEST_BODY} bytes")
    whole = {"type": "http.request", "body": bytes(body), "more_body": False}

    async def receive() -> Message:
        return whole

    return Request(request.scope, receive)


def caller(request: Request) -> Session:
    """Who asks, on a route that is not public."""
    session = request.state.session
    assert isinstance(session, Session)
    return session


def caller_if_any(request: Request) -> Session | None:
    """Who asks, on a public route; None for nobody."""
    session = request.state.session
    assert session is None or isinstance(session, Session)
    return session
