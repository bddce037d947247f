"""The endpoints for people over real records: who is logged in, what time it is, requests in, answers out."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from oonib.accounts import Access, Session
from oonib.accounts.guard.routes import Guard
from oonib.accounts.identity import account_id
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Tokens
from oonib.app import errors
from oonib.checkin.prioritisation import Choice, Entry
from oonib.findings import FindingsService
from oonib.findings import routes as finding_routes
from oonib.findings.store import FindingStore
from oonib.oonirun import OoniRunService
from oonib.oonirun import routes as oonirun_routes
from oonib.oonirun.legacy import LegacyService
from oonib.oonirun.legacy import routes as legacy_routes
from oonib.oonirun.legacy.store import LegacyStore
from oonib.oonirun.store import LinkStore
from oonib.records import Records

from support.records import emptied

NOW = datetime(2026, 3, 2, 10, 30, 0, 654321, tzinfo=UTC)
KEY = "k" * 40
ADMIN, USER, OTHER = "admin@news.example", "user@news.example", "other@news.example"


class People:
    """An application without routes over one database. `clock` says what time it is, and may be set."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.clock = NOW
        self.store = AccountStore(records)
        self.tokens = Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))
        self.guard = Guard(Access(self.tokens, self.store, clock=self.now))
        self.app = FastAPI(redirect_slashes=False)
        errors.install(self.app)

    def now(self) -> datetime:
        return self.clock

    def later(self, **amount: float) -> None:
        """Let time pass."""
        self.clock += timedelta(**amount)

    def bearer(self, address: str | None, role: str = "user", **claims: Any) -> str:
        """A session's token, as if given out a second ago. `address` None: of an older service, which says
        none."""
        issued = claims.pop("issued", self.clock - timedelta(seconds=1))
        account, login = account_id(address or "nobody", KEY), claims.pop("login_time", issued)
        assert not claims
        return self.tokens.session(Session(account, role, address or "", login, issued), issued)

    def shown(self, who: str) -> str:
        """The token that a request of `who` shows: here it is that itself."""
        return who

    def send(self, method: str, url: str, who: str | None = None, **options: Any) -> httpx.Response:
        """The answer, whatever it is. `who` None: nobody."""
        return asyncio.run(self._send(method, url, who, options))

    def send_all(self, requests: list[tuple[str, str, str | None, dict[str, Any]]]) -> list[httpx.Response]:
        """The answers to requests that are under way at once."""

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*one) for one in requests))

        return asyncio.run(run())

    async def _send(self, method: str, url: str, who: str | None, options: dict[str, Any]) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers.setdefault("Authorization", f"Bearer {self.shown(who)}")
        if "json" in options:
            # httpx would refuse what some clients send.
            options["content"] = json.dumps(options.pop("json")).encode()
            headers.setdefault("Content-Type", "application/json")
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.request(method, url, headers=headers, **options)

    def ok(self, method: str, url: str, who: str | None = None, **options: Any) -> Any:
        """The JSON of an answer that works."""
        answer = self.send(method, url, who, **options)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        assert answer.headers["cache-control"] == "no-cache"
        return answer.json()


class Urls:
    """A choice of URLs that notes what it was asked; the real one has a ClickHouse behind it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, frozenset[str], int]] = []
        self.entries = [
            Entry.make(f"https://site{n}.example/", f"site{n}.example", cc, "NEWS")
            for n, cc in enumerate(("zz", "it", "zz"))
        ]

    async def choose(self, cc: str, asn: int, categories: frozenset[str], limit: int) -> Choice:
        self.asked.append((cc, asn, categories, limit))
        return Choice(self.entries[:limit], failover=False)


class Desk(People):
    """Findings and OONI Run. Whoever asks is named by their address."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        numbers = itertools.count(101)
        self.findings = FindingsService(FindingStore(records), clock=self.now, next_id=lambda: next(numbers))
        self.urls = Urls()
        self.links = OoniRunService(LinkStore(records), clock=self.now)
        legacy = LegacyService(LegacyStore(records), clock=self.now, next_id=lambda: next(numbers))
        for router in (
            finding_routes.router(self.findings, self.guard),
            oonirun_routes.router(self.links, self.guard, self.urls),
            legacy_routes.router(legacy, self.guard),
        ):
            self.app.include_router(router)

    def clear(self) -> None:
        """Everything as it was at first: quicker than new ones."""
        emptied(self.records)
        self.clock = NOW
        self.urls.asked.clear()

    def token(self, address: str | None, role: str | None = None) -> str:
        """A session's token, by default an admin's for `ADMIN`."""
        return self.bearer(address, role or ("admin" if address == ADMIN else "user"))

    def shown(self, who: str) -> str:
        return self.token(who)
