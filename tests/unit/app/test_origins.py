"""Which pages may read an answer (data contract 6.2)."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from oonib.app.origins import Origins
from oonib.settings import Settings

OURS = "https://explorer.ooni.org"
CORS = "access-control-allow-origin"


async def _answer(_request: Request) -> JSONResponse:
    return JSONResponse({})


async def _defect(_request: Request) -> JSONResponse:
    raise RuntimeError


APP = Origins(
    Starlette(routes=[Route("/x", _answer, methods=["GET", "POST"]), Route("/defect", _defect)]),
    Settings().cors_origins,
)


async def ask(method: str, path: str = "/x", origin: str | None = None, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        given["Origin"] = origin
    transport = httpx.ASGITransport(APP, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://oonib") as client:
        return await client.request(method, path, headers=given)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "origin", [None, "", "https://news.example", "null", "https://ooni.org.evil.example"]
)
@pytest.mark.parametrize("path", ["/x", "/nowhere", "/defect"])
def test_every_page_may_read_every_answer(method: str, origin: str | None, path: str) -> None:
    answer = run(ask(method, path, origin))
    assert answer.headers[CORS] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", [OURS, "https://run.test.ooni.org", "https://test-lists.dev.ooni.org", "https://api.ooni.io"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_ours_may_send_credentials(method: str, origin: str) -> None:
    answer = run(ask(method, origin=origin))
    assert answer.headers[CORS] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://explorer.ooni.org",
        "https://explorer.ooni.org.evil.example",
        "https://evil.example/https://explorer.ooni.org",
        "https://explorer.ooni.org:8443",
        "https://explorer.ooni.organ",
        "https://a.b.ooni.org",
    ],
)
def test_nobody_else_may(origin: str) -> None:
    assert CORS not in run(ask("POST", origin=origin)).headers
    assert run(ask("GET", origin=origin)).headers[CORS] == "*"
    refused = run(ask("OPTIONS", origin=origin, Access_Control_Request_Method="POST"))
    assert refused.status_code == 400


def test_preflights() -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        asked = {"Access_Control_Request_Method": method}
        ours = run(ask("OPTIONS", origin=OURS, **asked, Access_Control_Request_Headers="authorization"))
        assert ours.status_code == 200
        assert method in ours.headers["access-control-allow-methods"]
        assert ours.headers["access-control-allow-headers"] == "authorization"
    reading = run(ask("OPTIONS", origin="https://news.example", Access_Control_Request_Method="GET"))
    assert reading.status_code == 200
    assert reading.headers[CORS] == "*"


def run(asked: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    return asyncio.run(asked)
