"""The pages of what people log in for, over real records: browsers with their cookies, forms, mails."""

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI

from oonib.accounts import Access
from oonib.accounts.apitokens import ApiTokens, ApiTokenStore
from oonib.accounts.identity import account_id
from oonib.accounts.redirects import Redirects
from oonib.accounts.service import Administration, LoginLinks, Sessions, Throttle
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import Session
from oonib.checkin.prioritisation import Prioritisation
from oonib.errors import Unavailable
from oonib.findings import FindingsService
from oonib.findings.store import FindingStore
from oonib.oonirun import OoniRunService
from oonib.oonirun.store import LinkStore
from oonib.priorities import RuleStore
from oonib.priorities.service import PriorityService
from oonib.records import Records
from oonib.testlists import TestListService
from oonib.web.assets import load_assets
from oonib.web.findings import FindingPages
from oonib.web.findings import routes as finding_routes
from oonib.web.frame.routes import Desk
from oonib.web.frame.visiting import COOKIE, Door
from oonib.web.lists import ListPages
from oonib.web.lists import routes as list_routes
from oonib.web.members import routes as member_routes
from oonib.web.members.service import Belongings, MemberService
from oonib.web.pages import Pages
from oonib.web.priorities import PriorityPages
from oonib.web.priorities import routes as priority_routes
from oonib.web.runs import RunPages
from oonib.web.runs import routes as run_routes

from support.accounts import Mailbox, link_of
from support.pages import BASE, KEY, make_app, tokens

ADMIN, USER, OTHER = "admin@news.example", "user@news.example", "other@news.example"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> {{7*7}} javascript:alert(1) \u202eevil'


class _Fields(HTMLParser):
    """The fields of each form of a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append({"<method>": given.get("method", "get"), "<action>": given.get("action", "")})
        elif tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.forms[-1][name] = given.get("value", "on")
        elif tag == "textarea":
            self._area = name
            self.forms[-1][name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.forms[-1]):
            self.forms[-1][self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            known = self.forms[-1][self._area]
            self.forms[-1][self._area] = known + (data.removeprefix("\n") if not known else data)


def forms(page: httpx.Response, action: str) -> list[dict[str, str]]:
    """The forms of a page that are posted to an address: their fields."""
    reader = _Fields()
    reader.feed(page.text)
    posted = [one for one in reader.forms if (one.pop("<method>"), one.pop("<action>")) == ("post", action)]
    assert posted, (action, page.status_code, page.text[-3000:])
    return posted


@dataclass
class Browser:
    """A visitor with a cookie. Nothing is followed by itself."""

    app: FastAPI
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self._send("GET", url, headers)

    def json(self, url: str) -> Any:
        answer = self.get(url + ("&" if "?" in url else "?") + "format=json")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, url: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """Send fields just as they are."""
        return self._send("POST", url, headers, data=fields)

    def fill(self, page: str, to: str = "", number: int = 0, **fields: str) -> httpx.Response:
        """Load a page, and send its form with these fields in the place of its own."""
        target = to or page.partition("?")[0]
        form = forms(self.get(page), target)[number]
        return self.post(target, {**form, **fields})

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that a form leads to."""
        assert answer.status_code == 303, (answer.status_code, problems(answer))
        return self.get(answer.headers["location"])

    def _send(self, method: str, url: str, headers: dict[str, str], **options: Any) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._ask(method, url, {"Accept": "text/html", **named}, options))

    async def _ask(self, method: str, url: str, headers: dict[str, str], options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://host.example", cookies=self.cookies
        ) as client:
            answer = await client.request(method, url, headers=headers, **options)
            kept = answer.headers.get("set-cookie", "")
            if kept.startswith(f"{COOKIE}="):
                self.cookies = {COOKIE: kept.partition("=")[2].partition(";")[0].strip('"')}
            return answer


def problems(answer: httpx.Response) -> str:
    """What a page says was wrong."""
    found = re.search(r'role="alert" id="problems">(.*?)</div>', answer.text, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", found[1])) if found else answer.text[:300]


class World:
    """All these pages over one database; `test_lists` and `prioritisation` where they are needed."""

    def __init__(
        self,
        records: Records,
        *,
        test_lists: TestListService | None = None,
        prioritisation: Prioritisation | None = None,
        mail_folder: Path | None = None,
        secure: bool = True,
    ) -> None:
        self.records = records
        self.mailbox = Mailbox()
        self.accounts = AccountStore(records)
        self.tokens = tokens()
        self.local = True
        clock = self.now
        self.ahead = timedelta()
        self.sessions = Sessions(self.tokens, self.accounts, key=KEY, admin_emails=[ADMIN], clock=clock)
        self.administration = Administration(self.accounts, key=KEY, clock=clock)
        numbers = itertools.count(101)
        self.findings = FindingsService(FindingStore(records), clock=clock, next_id=lambda: next(numbers))
        self.links = OoniRunService(LinkStore(records), clock=clock)
        changed = (lambda: None) if prioritisation is None else prioritisation.rules_changed
        self.rules = PriorityService(RuleStore(records), changed=changed, clock=clock)
        access = Access(self.tokens, self.accounts, clock=clock)
        pages = Pages(load_assets(), base_url=BASE, version="1")
        self.desk = Desk(pages, Door(access, KEY.encode(), self.sessions), secure=secure)
        self.app = make_app(self.desk)

        def lists() -> TestListService:
            if test_lists is None:
                raise Unavailable("Test lists cannot be edited here: test_lists_origin is not set")
            return test_lists

        mailing = member_routes.Mailing(
            LoginLinks(
                self.tokens,
                self.accounts,
                self.mailbox,
                redirects=Redirects([], BASE),
                mail_from="OONI <login@mail.example>",
                key=KEY,
                throttle=Throttle(3, 60),
                count=lambda _outcome: None,
                clock=clock,
            ),
            BASE,
            lambda _request: "network",
            lambda _request: self.local,
            mail_folder,
        )
        api_tokens = ApiTokens(ApiTokenStore(records), key=KEY, clock=clock)
        belongings = Belongings(
            self.sessions, self.administration, api_tokens, self.findings, self.links, lists
        )
        rules = PriorityPages(self.rules, cast("Prioritisation", prioritisation))
        for router in (
            member_routes.router(self.desk, MemberService(belongings), self.sessions, mailing),
            finding_routes.router(self.desk, FindingPages(self.findings)),
            run_routes.router(self.desk, RunPages(self.links, base_url=BASE)),
            list_routes.router(self.desk, ListPages(lists)),
            priority_routes.router(self.desk, rules),
        ):
            self.app.router.routes.extend(router.routes)

    def now(self) -> datetime:
        """What time it is: later than really by `ahead`."""
        return datetime.now(UTC) + self.ahead

    def nobody(self) -> Browser:
        """Somebody who is not logged in."""
        return Browser(self.app)

    def browser(self, address: str = USER, role: str = "") -> Browser:
        """Somebody who is logged in."""
        return Browser(self.app, {COOKIE: self.session(address, role)})

    def session(self, address: str = USER, role: str = "", **ago: float) -> str:
        """The token of a session that began some time ago."""
        begun = self.now() - timedelta(**(ago or {"seconds": 1}))
        who = role or ("admin" if address == ADMIN else "user")
        return self.tokens.session(Session(account_id(address, KEY), who, address, begun, begun), begun)

    def mailed(self) -> str:
        """The token of the link that was mailed last."""
        return parse_qs(urlsplit(link_of(self.mailbox.letters[-1])).query)["token"][0]
