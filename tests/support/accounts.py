"""The endpoints of accounts over real records: requests in, answers and mails out."""

import re
from email.message import EmailMessage
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import APIRouter, Request

from oonib.accounts import routes as login_routes
from oonib.accounts.administration import routes as administration_routes
from oonib.accounts.apitokens import ApiTokens, ApiTokenStore
from oonib.accounts.apitokens import routes as token_routes
from oonib.accounts.guard.routes import caller_if_any
from oonib.accounts.mailing import MailFailed
from oonib.accounts.redirects import Redirects
from oonib.accounts.service import Administration, LoginLinks, Sessions, Throttle
from oonib.records import Records

from support.people import ADMIN, KEY, USER, People

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


class Accounts(People):
    """The endpoints over one database. `network` says whose requests come."""

    def __init__(self, records: Records, *, most_for_address: int = 5, most_for_network: int = 60) -> None:
        super().__init__(records)
        self.network = "network"
        self.mailbox = Mailbox()
        self.outcomes: list[str] = []
        for router in self._routers(Throttle(most_for_address, most_for_network)):
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
        sessions = Sessions(self.tokens, self.store, key=KEY, admin_emails=[ADMIN.upper()], clock=self.now)
        administration = Administration(self.store, key=KEY, clock=self.now)
        api_tokens = ApiTokens(ApiTokenStore(self.records), key=KEY, clock=self.now)
        public = self.guard.for_anybody()

        @public.get("/whoami")
        def whoami(request: Request) -> str:
            session = caller_if_any(request)
            return "nobody" if session is None else session.role

        return [
            login_routes.router(self.guard, links, sessions, lambda _request: self.network),
            administration_routes.router(self.guard, administration),
            token_routes.router(self.guard, api_tokens),
            public,
        ]

    def register(self, address: str = USER, target: str = TARGET) -> httpx.Response:
        """Ask for a login link."""
        return self.send(
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
