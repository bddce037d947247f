"""Pages in an application of their own: the desk over real accounts, a client that behaves like a browser."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from oonib.accounts import Access
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Session, Tokens
from oonib.app import errors
from oonib.records import Records
from oonib.web.assets import load_assets
from oonib.web.frame.routes import Desk
from oonib.web.frame.visiting import COOKIE, Door
from oonib.web.pages import Pages

KEY = "key of the tests, which is long enough"
BASE = "https://api.example.org"


def tokens() -> Tokens:
    """Tokens under the key of the tests."""
    return Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))


def session_token(account: str = "a" * 32, role: str = "user", address: str = "person@example.org") -> str:
    """What the cookie of somebody who is logged in holds."""
    now = datetime.now(UTC)
    return tokens().session(Session(account, role, address, now, now), now)


@cache
def _pages() -> Pages:
    # Compiling the templates takes most of the time of a test, and nothing changes them.
    return Pages(load_assets(), base_url=BASE, version="1")


def make_desk(records: Records | None = None) -> Desk:
    """A desk; accounts are in `records`. Without, nobody can be logged in."""
    known = records or Records.open("sqlite:////nowhere/records.db")
    access = Access(tokens(), AccountStore(known), clock=lambda: datetime.now(UTC))
    return Desk(_pages(), Door(access, KEY.encode()), secure=True)


def make_app(desk: Desk) -> FastAPI:
    """An application without routes, whose errors are pages for browsers."""
    app = FastAPI(title="oonib", docs_url=None, redoc_url=None)
    errors.install(app)
    app.state.problem_page = desk.problem
    return app


@dataclass
class Client:
    """Requests to an application, through its whole ASGI side. Cookies are those of the test only."""

    app: FastAPI
    token: str = ""

    def get(self, url: str, **options: Any) -> httpx.Response:
        """The answer, whatever it is."""
        return asyncio.run(self.request("GET", url, options))

    def head(self, url: str) -> httpx.Response:
        """The same without a body."""
        return asyncio.run(self.request("HEAD", url, {}))

    def post(self, url: str, fields: dict[str, Any], **options: Any) -> httpx.Response:
        """Send a form."""
        return asyncio.run(self.request("POST", url, {"data": fields, **options}))

    async def request(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        """One request, as a browser that prefers pages."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {"Accept": "text/html,*/*;q=0.8", **options.pop("headers", {})}
        cookies = {COOKIE: self.token} if self.token else None
        async with httpx.AsyncClient(
            transport=transport, base_url="http://host.example", cookies=cookies
        ) as client:
            return await client.request(method, url, headers=headers, **options)
