"""HEAD is GET without what follows the head (RFC 9110, 9.3.2)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse, StreamingResponse

from oonib.app.heads import Heads


class Site:
    """An application that notes what it was made to do."""

    def __init__(self) -> None:
        self.pieces = 0
        self.closed = False
        app = FastAPI()
        app.get("/api/v1/thing")(lambda: JSONResponse({"a": 1}, headers={"ETag": '"x"'}))
        app.get("/api/v1/long")(lambda: StreamingResponse(self._endless(), media_type="text/csv"))
        app.post("/api/v1/sent")(self._nothing)
        app.get("/api/v1/user_login")(self._nothing)
        app.get("/page")(self._nothing)
        app.get("/api/v1/defect")(self._defect)
        self.app = Heads(app)

    async def _endless(self) -> AsyncIterator[bytes]:
        try:
            while True:
                self.pieces += 1
                yield b"x" * 1000
        finally:
            self.closed = True

    def _nothing(self) -> None:
        return None

    def _defect(self) -> None:
        raise RuntimeError("defect")

    def ask(self, method: str, path: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://oonib") as client:
                return await client.request(method, path)

        return asyncio.run(asyncio.wait_for(asked(), 20))


@pytest.fixture
def site() -> Site:
    return Site()


def test_the_head_is_that_of_get(site: Site) -> None:
    seen, told = site.ask("GET", "/api/v1/thing"), site.ask("HEAD", "/api/v1/thing")
    assert told.status_code == 200
    assert told.headers == seen.headers
    assert told.content == b""
    assert seen.content


def test_an_endless_answer_is_stopped_after_its_head(site: Site) -> None:
    told = site.ask("HEAD", "/api/v1/long")
    assert (told.status_code, told.headers["content-type"], told.content) == (
        200, "text/csv; charset=utf-8", b"",
    )  # fmt: skip
    assert site.pieces <= 2
    assert site.closed


@pytest.mark.parametrize("path", ["/api/v1/sent", "/api/v1/user_login", "/page"])
def test_what_is_left_alone(site: Site, path: str) -> None:
    assert site.ask("HEAD", path).status_code == 405


def test_nothing_there(site: Site) -> None:
    assert site.ask("HEAD", "/api/v1/nothing").status_code == 404


def test_a_defect_is_passed_on(site: Site) -> None:
    with pytest.raises(RuntimeError, match="defect"):
        site.ask("HEAD", "/api/v1/defect")


def test_who_counts_requests_sees_the_method_and_the_route() -> None:
    scopes: list[dict[str, Any]] = []
    app = Heads(Site().app)

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        scopes.append(scope)

    async def asked() -> None:
        transport = httpx.ASGITransport(counted)
        async with httpx.AsyncClient(transport=transport, base_url="http://oonib") as client:
            await client.head("/api/v1/thing")

    asyncio.run(asked())
    (scope,) = scopes
    assert scope["method"] == "HEAD"
    assert scope["route"].path == "/api/v1/thing"
