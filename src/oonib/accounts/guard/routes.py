"""Lets requests to a route pass or refuses them, before their body is looked at (contract 0.3)."""

from collections.abc import Callable, Collection, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from oonib.accounts.access import ADMINS, EVERYBODY, Access
from oonib.accounts.guard.forms import as_json, is_form
from oonib.accounts.tokens import Session
from oonib.errors import TooLarge

_MOST_BYTES = 1024 * 1024
_BODYLESS = ("GET", "HEAD", "DELETE")


class Guard:
    """Makes routers whose routes know who asks: `caller(request)` gives the session.

    No body beyond 1 MiB reaches them (413), and no cache keeps their answers.
    """

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
                    response = await handle(await _prepared(request, forms=roles is not None))
                    response.headers.setdefault("Cache-Control", "no-cache")
                    return response

                return enter

        return APIRouter(route_class=Guarded, **options)


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


async def _prepared(request: Request, *, forms: bool) -> Request:
    if request.method in _BODYLESS:
        return request
    scope, body = request.scope, await _small_body(request)
    if forms and is_form(request.headers.get("content-type", "")):
        body = as_json(body)
        others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        scope = {**scope, "headers": [*others, (b"content-type", b"application/json")]}
    return Request(scope, _again(body, request.receive))


async def _small_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise TooLarge("the body is larger than 1 MiB")
    return bytes(body)


def _again(body: bytes, rest: Receive) -> Receive:
    # Read here, because the framework would take an error in the midst of reading for bad JSON.
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return await rest()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
