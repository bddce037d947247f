"""Every problem has the same body and is not kept by caches (design 6, data contract 6.1)."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from oonib.app import errors
from oonib.errors import NotFound


def site() -> FastAPI:
    app = FastAPI()
    errors.install(app)

    @app.get("/known")
    def known() -> None:
        raise NotFound("There is none")

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("what nobody foresaw")

    @app.get("/number")
    def number(count: int) -> int:
        return count

    return app


async def ask(method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=site(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/known", 404, "There is none"),
        ("GET", "/nowhere", 404, "Not Found"),
        ("POST", "/known", 405, "Method Not Allowed"),
        ("GET", "/number?count=many", 422, "invalid parameters"),
        ("GET", "/broken", 500, "internal error"),
    ],
)
def test_problems(method: str, path: str, status: int, error: str) -> None:
    answer = asyncio.run(ask(method, path))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-cache"
