"""The endpoints of accounts over real records: requests in, answers and mails out."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import APIRouter, FastAPI, Request

from oonib.accounts import Access, Session
from oonib.accounts import routes as login_routes
from oonib.accounts.administration import routes as administration_routes
from oonib.accounts.apitokens import ApiTokens, ApiTokenStore
from oonib.accounts.apitokens import routes as token_routes
from oonib.accounts.guard.routes import Guard, caller_if_any
from oonib.accounts.identity import account_id
from oonib.accounts.mailing import MailFailed
from oonib.accounts.page import routes as page_routes
from oonib.accounts.redirects import Redirects
from oonib.accounts.service import Administration, LoginLinks, Sessions, Throttle
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Tokens
from oonib.app import errors
from oonib.records import Records

NOW = datetime(2026, 3, 2, 10, 30, 0, 654321, tzinfo=UTC)
KEY = "k" * 40
BOSS, USER, OTHER = "boss@news.example", "user@news.example", "other@news.example"
TARGET = "https://explorer.ooni.org/findings?x=1"
OWN = "http://127.0.0.1:8080"


class Mailbox:
    """Where mails end up; `problem` makes sending fail."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.problem: MailFailed | None = None

    def send(self, letter: EmailMessage) -> None:
        if self.problem is not None:
            raise self.problem
        self.letters.append(letter)


class Accounts:
    """The endpoints over one database. `clock` says what time it is, `network` whose requests come."""

    def __init__(self, records: Records, *, most_for_address: int = 5, most_for_network: int = 60) -> None:
        self.records = records
        self.clock = NOW
        self.network = "network"
        self.mailbox = Mailbox()
        self.outcomes: list[str] = []
        self.store = AccountStore(records)
        self.tokens = Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))
        self.guard = Guard(Access(self.tokens, self.store, clock=self.now))
        self.app = FastAPI()
        errors.install(self.app)
        throttle = Throttle(most_for_address, most_for_network)
        for router in self._routers(throttle):
            self.app.include_router(router)

    def _routers(self, throttle: Throttle) -> list[APIRouter]:
        links = LoginLinks(
            self.tokens,
            self.store,
            self.mailbox,
            redirects=Redirects(["explorer.ooni.org", "run.ooni.org"], OWN),
            mail_from="OONI <login@mail.example>",
            key=KEY,
            throttle=throttle,
            count=self.outcomes.append,
            clock=self.now,
        )
        sessions = Sessions(self.tokens, self.store, key=KEY, admin_emails=[BOSS.upper()], clock=self.now)
        administration = Administration(self.store, key=KEY, clock=self.now)
        api_tokens = ApiTokens(ApiTokenStore(self.records), key=KEY, clock=self.now)
        public = self.guard.for_anybody()

        @public.get("/whoami")
        def whoami(request: Request) -> str:
            session = caller_if_any(request)
            return "nobody" if session is None else session.role

        return [
            login_routes.router(self.guard, links, sessions, lambda _request: self.network),
            page_routes.router(self.guard, sessions),
            administration_routes.router(self.guard, administration),
            token_routes.router(self.guard, api_tokens),
            public,
        ]

    def now(self) -> datetime:
        return self.clock

    def later(self, **amount: float) -> None:
        """Let time pass."""
        self.clock += timedelta(**amount)

    def bearer(self, address: str, role: str = "user", **claims: Any) -> str:
        """A session's token, as if it had been given out a second ago."""
        issued = claims.pop("issued", self.clock - timedelta(seconds=1))
        session = Session(account_id(address, KEY), role, address, claims.pop("login_time", issued), issued)
        assert not claims
        return self.tokens.session(session, issued)

    def ask(self, method: str, url: str, token: str | None = None, **options: Any) -> httpx.Response:
        """The answer, whatever it is."""
        return asyncio.run(self._ask(method, url, token, options))

    def ask_at_once(
        self, requests: list[tuple[str, str, str | None, dict[str, Any]]]
    ) -> list[httpx.Response]:
        """The answers to requests that are under way at once."""

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(*(self._ask(*one) for one in requests))

        return asyncio.run(run())

    async def _ask(self, method: str, url: str, token: str | None, options: dict[str, Any]) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if "json" in options:
            # httpx would refuse what some clients send.
            options["content"] = json.dumps(options.pop("json")).encode()
            headers.setdefault("Content-Type", "application/json")
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
            return await client.request(method, url, headers=headers, **options)

    def ok(self, method: str, url: str, token: str | None = None, **options: Any) -> Any:
        """The JSON of an answer that works."""
        answer = self.ask(method, url, token, **options)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        assert answer.headers["cache-control"] == "no-cache"
        return answer.json()

    def register(self, address: str = USER, target: str = TARGET) -> httpx.Response:
        """Ask for a login link."""
        return self.ask(
            "POST", "/api/v1/user_register", json={"email_address": address, "redirect_to": target}
        )

    def link_token(self, address: str = USER, target: str = TARGET) -> str:
        """The token of a link that was just mailed."""
        assert self.register(address, target).json() == {"msg": "ok"}
        return token_of(link_of(self.mailbox.letters[-1]))

    def login(self, address: str = USER) -> str:
        """The bearer token of a login by mail."""
        token: str = self.ok("GET", "/api/v1/user_login", params={"k": self.link_token(address)})["bearer"]
        return token


def link_of(letter: EmailMessage) -> str:
    """Where the first `<a>` of the HTML leads."""
    part = letter.get_body(("html",))
    assert part is not None
    found = re.search(r"<a\s[^>]*href=\"([^\"]+)\"", part.get_content())
    assert found is not None
    return unescape(found[1])


def token_of(link: str) -> str:
    """The token in a login link."""
    return parse_qs(urlsplit(link).query, strict_parsing=True)["token"][0]
