"""Logging in and staying so (management contract 1.5 to 1.10; reliability S11, S16)."""

import itertools
from datetime import timedelta
from typing import Any

import jwt
import pytest

from oonib.accounts.identity import account_id
from oonib.accounts.mailing import Busy, MailFailed
from oonib.records import Records

from support.accounts import TARGET, Accounts, link_of, token_of
from support.people import ADMIN, KEY, NOW, OTHER, USER

ASKING = ["/api/v1/user_register", "/api/v2/ooniauth/user-login"]


@pytest.fixture
def accounts(records: Records) -> Accounts:
    return Accounts(records)


def said(token: str) -> dict[str, Any]:
    """What a token claims."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_the_first_generation(accounts: Accounts) -> None:
    asked = accounts.register("User@News.Example")
    assert (asked.status_code, asked.json()) == (200, {"msg": "ok"})
    [letter] = accounts.mailbox.letters
    assert letter["To"] == USER
    link = link_of(letter)
    assert link.startswith("https://explorer.ooni.org/login?token=ey")
    token = token_of(link)
    for _ in range(2):
        begun = accounts.ok("GET", "/api/v1/user_login", params={"k": token})
        assert set(begun) == {"bearer", "redirect_to", "email_address"}
        assert (begun["redirect_to"], begun["email_address"]) == (TARGET, USER)
    bearer = begun["bearer"]
    assert said(bearer)["account_id"] == account_id(USER, KEY)
    assert accounts.ok("GET", "/api/_/account_metadata", bearer) == {"logged_in": True, "role": "user"}
    accounts.later(hours=12)
    refreshed = accounts.ok("GET", "/api/v1/user_refresh_token", bearer)
    assert set(refreshed) == {"bearer"}
    assert said(refreshed["bearer"])["login_time"] == said(bearer)["login_time"] == int(NOW.timestamp())
    assert said(refreshed["bearer"])["exp"] == said(bearer)["exp"] + 12 * 3600
    assert accounts.ok("POST", "/api/v1/user_logout") == {}


def test_the_second_generation(accounts: Accounts) -> None:
    asked = accounts.ok(
        "POST", "/api/v2/ooniauth/user-login", json={"email_address": USER, "redirect_to": TARGET, "more": 1}
    )
    assert asked == {"email_address": USER, "login_token_expiration": "2026-03-03T10:30:00.000000Z"}
    token = token_of(link_of(accounts.mailbox.letters[-1]))
    begun = accounts.ok("POST", "/api/v2/ooniauth/user-session", json={"login_token": token})
    session = begun.pop("session_token")
    known = {
        "email_address": USER,
        "account_id": account_id(USER, KEY),
        "role": "user",
        "login_time": "2026-03-02T10:30:00.000000Z",
        "is_logged_in": True,
    }
    assert begun == {**known, "redirect_to": TARGET}
    shown = accounts.ok("GET", "/api/v2/ooniauth/user-session", session)
    assert shown == {**known, "session_token": "", "redirect_to": ""}
    accounts.later(hours=30)
    for body in ({}, {"json": {}}, {"json": {"login_token": None}}, {"json": {"login_token": ""}}):
        renewed = accounts.ok("POST", "/api/v2/ooniauth/user-session", session, **body)
        assert said(renewed.pop("session_token"))["iat"] == said(session)["iat"] + 30 * 3600
        assert renewed == {**known, "redirect_to": ""}


def test_nobody(accounts: Accounts) -> None:
    for header in [None, "", "Bearer undefined", "Bearer null", "bearer x", "Bearer", "Basic x"]:
        headers = {} if header is None else {"Authorization": header}
        empty = accounts.ok("GET", "/api/v2/ooniauth/user-session", headers=headers)
        assert empty == {
            **dict.fromkeys(("session_token", "redirect_to", "email_address", "account_id", "role"), ""),
            "login_time": None,
            "is_logged_in": False,
        }
        metadata = accounts.send("GET", "/api/_/account_metadata", headers=headers)
        assert (metadata.status_code, metadata.json()["logged_in"]) == (401, False)
        assert metadata.json()["error"] == metadata.json()["detail"] == "Authentication required"
        for body in ({}, {"json": {"login_token": None}}):
            refused = accounts.send("POST", "/api/v2/ooniauth/user-session", headers=headers, **body)
            assert (refused.status_code, refused.json()["error"]) == (401, "no valid session found")
        refused = accounts.send("GET", "/api/v1/user_refresh_token", headers=headers)
        assert (refused.status_code, refused.json()["detail"]) == (401, "Authentication required")


REFUSED: list[tuple[object, str | None]] = [
    ({"redirect_to": TARGET}, "email_address"),
    ({"email_address": "", "redirect_to": TARGET}, "email_address"),
    ({"email_address": None, "redirect_to": TARGET}, "email_address"),
    ({"email_address": ["a@example.org"], "redirect_to": TARGET}, "email_address"),
    ({"email_address": 10**30, "redirect_to": TARGET}, "email_address"),
    ({"email_address": "nick@localhost", "redirect_to": TARGET}, "email_address"),
    ({"email_address": "n@x.example\r\nBcc: o@x.example", "redirect_to": TARGET}, "email_address"),
    ({"email_address": "nic\u212a@news.example", "redirect_to": TARGET}, "email_address"),
    ({"email_address": "n\0@news.example", "redirect_to": TARGET}, "email_address"),
    ({"email_address": "\ud800@news.example", "redirect_to": TARGET}, "email_address"),
    ({"email_address": "n" * 300 + "@news.example", "redirect_to": TARGET}, "email_address"),
    ({"email_address": USER}, "redirect_to"),
    ({"email_address": USER, "redirect_to": None}, "redirect_to"),
    ({"email_address": USER, "redirect_to": TARGET + "x" * 3000}, "redirect_to"),
    ({"email_address": USER, "redirect_to": "https://evil.example/"}, None),
    ({"email_address": USER, "redirect_to": "http://explorer.ooni.org/"}, None),
    ({"email_address": USER, "redirect_to": ""}, None),
    ({"email_address": USER, "redirect_to": "\ud800"}, "redirect_to"),
]


def test_what_cannot_be_asked_for(accounts: Accounts) -> None:
    for path, (body, field) in itertools.product(ASKING, REFUSED):
        refused = accounts.send("POST", path, json=body)
        assert refused.status_code == 422, body
        if field is None:
            assert "redirect_to" in refused.json()["detail"], body
        else:
            assert refused.json()["detail"][0]["loc"][:2] == ["body", field], body
            assert refused.json()["error"] == "invalid parameters"
    assert accounts.mailbox.letters == []


def test_bodies_that_are_none(accounts: Accounts) -> None:
    contents = [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 5000]
    for path, content in itertools.product(ASKING, contents):
        refused = accounts.send("POST", path, content=content, headers={"Content-Type": "application/json"})
        assert refused.status_code in (400, 422), refused.text


def test_a_body_that_is_too_large(accounts: Accounts) -> None:
    for size, status in ((1024 * 1024, 422), (1024 * 1024 + 1, 413)):
        answer = accounts.send("POST", ASKING[0], content=b"x" * size)
        assert answer.status_code == status


def test_links_lead_where_the_settings_say(accounts: Accounts) -> None:
    for target, page in (
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/login?"),
        ("https://run.ooni.org/en", "https://run.ooni.org/login?"),
    ):
        headers = {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Origin": "https://evil.example",
        }
        accounts.ok("POST", ASKING[0], json={"email_address": USER, "redirect_to": target}, headers=headers)
        assert link_of(accounts.mailbox.letters[-1]).startswith(page)
        assert "evil" not in str(accounts.mailbox.letters[-1])


@pytest.mark.parametrize("path", ASKING)
def test_a_mail_that_cannot_be_sent(accounts: Accounts, path: str) -> None:
    body = {"email_address": USER, "redirect_to": TARGET}
    accounts.mailbox.problem = MailFailed("SMTPServerDisconnected")
    for _ in range(8):
        failed = accounts.send("POST", path, json=body)
        assert (failed.status_code, failed.json()["error"]) == (500, "Unable to send the email")
    accounts.mailbox.problem = Busy("busy")
    busy = accounts.send("POST", path, json=body)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
    # Who tried in vain is not throttled for it.
    accounts.mailbox.problem = None
    accounts.ok("POST", path, json=body)
    assert len(accounts.mailbox.letters) == 1
    assert accounts.outcomes == ["failed"] * 8 + ["busy", "sent"]


def test_mails_to_an_address_are_throttled(accounts: Accounts) -> None:
    answers = [accounts.register(spelling) for spelling in (USER, USER.upper(), f" {USER}") * 3]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"msg":"ok"}')}
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert len(accounts.mailbox.letters) == 5
    assert accounts.outcomes == ["sent"] * 5 + ["throttled"] * 4
    accounts.register(OTHER)
    assert accounts.mailbox.letters[-1]["To"] == OTHER
    accounts.later(minutes=59)
    accounts.register()
    assert len(accounts.mailbox.letters) == 6
    accounts.later(minutes=1)
    accounts.register()
    assert len(accounts.mailbox.letters) == 7


def test_mails_for_a_network_are_throttled(records: Records) -> None:
    accounts = Accounts(records, most_for_network=3)
    for number in range(5):
        accounts.register(f"user{number}@news.example")
    assert len(accounts.mailbox.letters) == 3
    accounts.network = "another"
    accounts.register("user5@news.example")
    assert len(accounts.mailbox.letters) == 4


def test_mails_that_are_asked_for_at_once_are_counted(accounts: Accounts) -> None:
    body = {"json": {"email_address": USER, "redirect_to": TARGET}}
    answers = accounts.send_all([("POST", ASKING[0], None, dict(body)) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    assert len(accounts.mailbox.letters) == 5


def test_links_die_after_a_day(accounts: Accounts) -> None:
    token = accounts.link_token()
    accounts.later(hours=23, minutes=59)
    accounts.ok("GET", "/api/v1/user_login", params={"k": token})
    accounts.later(minutes=1)
    for answer in (
        accounts.send("GET", "/api/v1/user_login", params={"k": token}),
        accounts.send("POST", "/api/v2/ooniauth/user-session", json={"login_token": token}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "Expired token")


def test_what_is_no_login_link(accounts: Accounts) -> None:
    forged = {
        "garbage": "eyJ.x.y",
        "empty": "",
        "session": accounts.bearer(USER),
        "future": accounts.tokens.login_link(USER, TARGET, NOW + timedelta(seconds=30)),
        "other key": jwt.encode(
            {"aud": "register", "exp": 2**33, "email_address": ADMIN, "redirect_to": ""}, "x" * 40, "HS256"
        ),
        "unicode": "\u00e9\0",
    }
    for token in forged.values():
        answer = accounts.send("GET", "/api/v1/user_login", params={"k": token})
        assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid credentials")
        if token:
            answer = accounts.send("POST", "/api/v2/ooniauth/user-session", json={"login_token": token})
            assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid credentials")


def test_a_login_without_a_token(accounts: Accounts) -> None:
    assert accounts.send("GET", "/api/v1/user_login").status_code == 422
    for bad in (1, [], {"a": 1}, "x" * 9000):
        answer = accounts.send("POST", "/api/v2/ooniauth/user-session", json={"login_token": bad})
        assert answer.status_code == 422


def test_a_login_link_is_no_session(accounts: Accounts) -> None:
    token = accounts.link_token()
    assert accounts.send("GET", "/api/v1/user_refresh_token", token).status_code == 401
    assert accounts.ok("GET", "/whoami", token) == "nobody"


def test_a_session_ends_a_week_after_its_login(accounts: Accounts) -> None:
    bearer = accounts.login()
    for _ in range(6):
        accounts.later(days=1)
        bearer = accounts.ok("GET", "/api/v1/user_refresh_token", bearer)["bearer"]
    accounts.later(hours=23)
    bearer = accounts.ok("GET", "/api/v1/user_refresh_token", bearer)["bearer"]
    accounts.later(hours=1)
    assert accounts.send("GET", "/api/v1/user_refresh_token", bearer).status_code == 401


def test_a_session_without_login_time_does_not_live_for_ever(accounts: Accounts) -> None:
    bearer = accounts.bearer(USER, login_time=None)
    now = int(NOW.timestamp())
    claims = {
        "aud": "user_auth",
        "exp": now + 86400,
        "iat": now,
        "nbf": now,
        "role": "user",
        "login_time": None,
    }
    bearer = jwt.encode({**claims, "account_id": "0" * 16}, KEY, "HS256")
    for _ in range(6):
        accounts.later(hours=23)
        bearer = accounts.ok("GET", "/api/v1/user_refresh_token", bearer)["bearer"]
        assert "email_address" not in said(bearer)
    accounts.later(days=2)
    assert accounts.send("GET", "/api/v1/user_refresh_token", bearer).status_code == 401


def test_admins_by_setting(accounts: Accounts) -> None:
    bearer = accounts.login(ADMIN)
    assert said(bearer)["role"] == "admin"
    assert accounts.ok("GET", "/api/_/account_metadata", bearer)["role"] == "admin"


def test_a_role_in_a_token_is_worth_nothing_at_refresh(accounts: Accounts) -> None:
    claimed = accounts.bearer(USER, role="admin")
    assert said(accounts.ok("GET", "/api/v1/user_refresh_token", claimed)["bearer"])["role"] == "user"


def test_nobody_can_tell_whether_an_account_exists(accounts: Accounts) -> None:
    accounts.login(USER)
    accounts.store.set_role(account_id(OTHER, KEY), "admin", NOW, "operator")
    answers = [accounts.register(address) for address in (USER, OTHER, "never@news.example", ADMIN)]
    assert (
        len({(answer.status_code, answer.text, str(sorted(answer.headers.items()))) for answer in answers})
        == 1
    )
