"""The data pages and downloads when the object store is an S3 bucket."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from oonib.objects import ObjectStore
from oonib.web.data import DataService
from oonib.web.data.routes import router

from support.pages import make_app, make_desk
from support.s3 import S3Server

KEY = "raw/20260302/10/BR/tor/2026030210_BR_tor.n1.0.jsonl.gz"
BODY = bytes(range(256)) * 10_000


@pytest.fixture(scope="module")
def objects() -> Iterator[ObjectStore]:
    with S3Server() as server:
        server.make_bucket("data")
        store = server.open("data", "below")
        store.put(KEY, BODY)
        store.put("raw/20260301/10/IT/tor/2026030110_IT_tor.n1.0.jsonl.gz", b"x")
        yield store


def ask(objects: ObjectStore, path: str, **headers: str) -> httpx.Response:
    desk = make_desk()
    app = make_app(desk)
    app.include_router(router(desk, DataService(objects, base_url="https://api.example.org")))

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


def test_browsing(objects: ObjectStore) -> None:
    days = ask(objects, "/data/raw?format=json").json()["entries"]
    assert [day["name"] for day in days] == ["20260302", "20260301"]
    hours = ask(objects, "/data/raw/20260302?format=json").json()["entries"]
    assert [(hour["name"], hour["bytes"], hour["objects"]) for hour in hours] == [("10", len(BODY), 1)]
    assert ask(objects, "/data/raw/20260309").status_code == 404
    assert ask(objects, "/data").status_code == 200


def test_downloads(objects: ObjectStore) -> None:
    whole = ask(objects, f"/data/objects/{KEY}")
    assert (whole.status_code, whole.content) == (200, BODY)
    part = ask(objects, f"/data/objects/{KEY}", Range="bytes=1048570-1048579")
    assert (part.status_code, part.content) == (206, BODY[1048570:1048580])
    again = ask(objects, f"/data/objects/{KEY}", **{"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    gone = ask(objects, f"/data/objects/{KEY.replace('.0.', '.1.')}")
    assert gone.status_code == 404
