"""A volunteer's and an admin's story: real processes, real git, real mail (management contract 1, 4)."""

import email
import email.policy
import json
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from typer.testing import CliRunner

from oonib.cli import app
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

from support.accounts import link_of, token_of
from support.checkin import entry as listed
from support.clickhouse import EmbeddedServer, tables_on
from support.gitworld import LIST, LISTS, SUBMIT, TOKEN, UPDATE, USER, PullRequests, Upstream, entry, git
from support.processes import Oonib, free_port, wait_until

pytestmark = pytest.mark.clickhouse

CHIEF, ADMIN, VOLUNTEER = "chief@news.example", "admin@news.example", "volunteer@news.example"
PAGE = "https://test-lists.ooni.org/login"
PRIORITIES = "/api/_/url-priorities/"


class Sink:
    """Takes every mail."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(  # noqa: N802 - the name that the server calls
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


class Place:
    """A backend, and all that it speaks to."""

    def __init__(self, folder: Path, clickhouse_url: str) -> None:
        self.sink = Sink()
        self.mail = Controller(self.sink, hostname="127.0.0.1", port=free_port())
        self.upstream = Upstream(folder)
        self.fork = folder / "ooni-bot" / "test-lists.git"
        self.fork.mkdir(parents=True)
        git(self.fork, "init", "--quiet", "--bare")
        self.pulls = PullRequests()
        self.api = Oonib(
            "api",
            data_dir=folder / "data",
            workers=2,
            clickhouse_url=clickhouse_url,
            admin_emails=CHIEF,
            mail_backend="smtp",
            smtp_host="127.0.0.1",
            smtp_port=self.mail.port,
            smtp_tls="none",
            test_lists_origin=self.upstream.url,
            test_lists_push=f"file://{self.fork}",
            github_api_url=self.pulls.url,
            github_user=USER,
            github_token=TOKEN,
        )

    def ask(
        self, method: str, path: str, who: dict[str, str] | None = None, body: Any = None
    ) -> httpx.Response:
        """On a connection of its own, so that any of the workers may answer."""
        return httpx.request(method, self.api.url + path, headers=who, json=body, timeout=30)

    def ok(self, method: str, path: str, who: dict[str, str] | None = None, body: Any = None) -> Any:
        answer = self.ask(method, path, who, body)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def login(self, address: str) -> dict[str, str]:
        """By mail."""
        before = len(self.sink.letters)
        self.ok("POST", "/api/v1/user_register", body={"email_address": address, "redirect_to": PAGE})
        wait_until(lambda: len(self.sink.letters) > before, 10, "the mail")
        letter = self.sink.letters[-1]
        assert letter["To"] == address
        bearer = self.ok("GET", f"/api/v1/user_login?k={token_of(link_of(letter))}")["bearer"]
        return {"Authorization": f"Bearer {bearer}"}


@pytest.fixture(scope="module")
def place(shared_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("stories")
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        warehouse.insert("citizenlab", CITIZENLAB_COLUMNS, [listed(number) for number in range(20)])
        warehouse.close()
        made = Place(folder, url)
        made.mail.start()
        try:
            with made.api:
                yield made
        finally:
            made.mail.stop()
            made.pulls.stop()


def test_the_story_of_a_volunteer(place: Place) -> None:
    who = place.login(VOLUNTEER)

    def update(cc: str, old: Any, new: Any) -> httpx.Response:
        change = {"country_code": cc, "comment": "from the story", "old_entry": old, "new_entry": new}
        return place.ask("POST", UPDATE, who, change)

    def shown(cc: str = "it") -> dict[str, Any]:
        found: dict[str, Any] = place.ok("GET", LIST + cc, who)
        return found

    # Three lists.
    assert shown()["state"] == "CLEAN"
    assert update("it", None, entry()).status_code == 200
    misc = shown("it")["test_list"][2]
    assert update("it", misc, {}).status_code == 200
    br = shown("br")["test_list"][0]
    assert update("br", br, br | {"notes": "mine"}).status_code == 200
    assert update("global", None, entry("https://everywhere.example/")).status_code == 200
    assert (shown()["state"], set(shown()["changes"])) == ("IN_PROGRESS", {"it", "br", "global"})
    # Somebody else was faster with one of them.
    place.upstream.change({"br": LISTS["br"] + "theirs\n"})
    refused = place.ask("POST", SUBMIT, who)
    assert (refused.status_code, refused.json()["err_str"]) == (400, "err_cannot_update_list")
    assert [one["url"] for one in refused.json()["err_args"]["dropped"]] == ["https://br.example/"]
    br = shown("br")["test_list"][0]
    assert br["notes"] == "theirs"
    assert update("br", br, br | {"notes": "theirs, mine"}).status_code == 200
    # Opened, closed, opened again.
    first = place.ok("POST", SUBMIT, who)["pr_id"]
    assert (shown()["state"], shown()["pr_url"][-7:]) == ("PR_OPEN", "/pull/1")
    assert update("it", None, entry("https://late.example/")).status_code == 200
    assert (place.pulls.pulls[0]["state"], shown()["state"]) == ("closed", "IN_PROGRESS")
    second = place.ok("POST", SUBMIT, who)["pr_id"]
    assert second != first
    # Merged.
    branch = place.pulls.pulls[1]["head"].removeprefix("ooni-bot:")
    place.upstream.merge(place.fork, branch)
    place.pulls.resolve(2)
    wait_until(lambda: shown()["state"] == "CLEAN", 5, "a clean state")
    assert shown()["changes"] == {}
    it = place.upstream.read("it")
    assert "https://new.example/" in it
    assert "https://late.example/" in it
    assert "https://three.example/" not in it
    assert "theirs, mine" in place.upstream.read("br")
    assert "https://everywhere.example/" in place.upstream.read("global")
    log = place.api.log.read_text()
    assert VOLUNTEER not in log
    assert TOKEN not in log


def test_the_story_of_an_admin(place: Place) -> None:
    chief, helper = place.login(CHIEF), place.login(ADMIN)
    rule = {
        "category_code": "*",
        "cc": "IT",
        "domain": "*",
        "url": "https://site7.example/",
        "priority": 5000,
    }
    add = {"old_entry": {}, "new_entry": rule}

    def firsts() -> set[str]:
        claim = {"probe_cc": "IT", "probe_asn": "AS30722", "run_type": "manual"}
        answers = [place.ok("POST", "/api/v1/check-in", body=claim) for _ in range(6)]
        return {one["tests"]["web_connectivity"]["urls"][0]["url"] for one in answers}

    wait_until(lambda: len(firsts()) > 1, 10, "any order")
    # A role is given, used and withdrawn.
    assert place.ask("POST", PRIORITIES + "update", helper, add).status_code == 401
    given = {"email_address": ADMIN, "role": "admin"}
    place.ok("POST", "/api/v1/set_account_role", chief, given)
    helper = place.login(ADMIN)
    assert place.ok("POST", PRIORITIES + "update", helper, add) == 1
    changed = time.monotonic()
    wait_until(lambda: firsts() == {rule["url"]}, 5, "the rule, in every worker")
    assert time.monotonic() - changed < 2
    assert rule in place.ok("GET", PRIORITIES + "list")["rules"]
    place.ok("POST", "/api/v1/set_account_role", chief, given | {"role": "user"})
    remove = {"old_entry": rule, "new_entry": None}
    assert place.ask("POST", PRIORITIES + "update", helper, remove).status_code == 401
    # Every session ends.
    time.sleep(1.1)
    helper = place.login(ADMIN)
    assert place.ok("GET", "/api/_/account_metadata", helper)["logged_in"] is True
    time.sleep(1.1)
    place.ok("POST", "/api/v1/set_session_expunge", chief, {"email_address": ADMIN})
    assert place.ask("GET", LIST + "it", helper).status_code == 401
    assert place.ok("POST", PRIORITIES + "update", chief, remove) == 1
    wait_until(lambda: len(firsts()) > 1, 5, "any order again")
    # The log tells all of it.
    told = CliRunner().invoke(app, ["account", "log", "--json"], env=place.api.environment)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    actions = [one["action"] for one in lines if not one["action"].startswith("testlist.")]
    assert actions == [
        "account.set_role",
        "priority.update",
        "account.set_role",
        "account.expunge",
        "priority.update",
    ]
    assert "@" not in told.stdout
