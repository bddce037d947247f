"""Endpoints behind the door, over real records, for tests: people who are logged in, and their requests."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from oonib.accounts import Access, Session
from oonib.accounts.guard.routes import Guard
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Tokens
from oonib.app import errors
from oonib.records import Records

KEY = "a key of tests, long enough for its purpose"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
VOLUNTEER, OTHER, ADMIN = "0" * 16, "1" * 32, "a" * 32


def tokens() -> Tokens:
    """Tokens under the key of these tests."""
    return Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))


def bearer(account_id: str = VOLUNTEER, role: str = "user", now: datetime = NOW) -> dict[str, str]:
    """The header of somebody who is logged in; as in OONI's own tests, without an address."""
    token = tokens().session(Session(account_id, role, "", None, now), now)
    return {"Authorization": f"Bearer {token}"}


class Desk:
    """Some routes behind the door, and requests to them."""

    def __init__(self, records: Records, routes: Callable[[Guard], APIRouter]) -> None:
        self.records = records
        self.accounts = AccountStore(records)
        self.app = FastAPI()
        errors.install(self.app)
        self.app.include_router(routes(Guard(Access(tokens(), self.accounts, clock=lambda: NOW))))

    def send(
        self, method: str, path: str, *, who: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """The answer, whatever it is."""
        return asyncio.run(self._send(method, path, {"headers": who or {}, **options}))

    def get(self, path: str, who: dict[str, str] | None = None) -> httpx.Response:
        return self.send("GET", path, who=who)

    def post(self, path: str, body: Any, who: dict[str, str] | None = None) -> httpx.Response:
        # With escapes, or a half of a surrogate pair could not be sent.
        headers = {**(who or {}), "Content-Type": "application/json"}
        return self.send("POST", path, who=headers, content=json.dumps(body))

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.request(method, path, **options)
