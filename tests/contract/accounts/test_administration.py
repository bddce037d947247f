"""Roles and ending sessions (management contract 1.11; reliability S11)."""

import itertools
from datetime import timedelta

import jwt
import pytest

from oonib.accounts.identity import account_id
from oonib.records import Records

from support.accounts import Accounts
from support.people import ADMIN, KEY, NOW, OTHER, USER

ROLE, EXPUNGE = "/api/v1/set_account_role", "/api/v1/set_session_expunge"
ADMIN_ONLY: list[tuple[str, str]] = [
    ("GET", f"/api/v1/get_account_role/{USER}"),
    ("POST", ROLE),
    ("POST", EXPUNGE),
]


@pytest.fixture
def accounts(records: Records) -> Accounts:
    return Accounts(records)


@pytest.fixture
def boss(accounts: Accounts) -> str:
    return accounts.bearer(ADMIN, "admin")


def test_others_are_refused_before_their_body_is_looked_at(accounts: Accounts) -> None:
    claims = {"exp": 2**33, "iat": 0, "nbf": 0, "role": "admin", "account_id": account_id(ADMIN, KEY)}
    tokens = [
        (None, "Authentication required"),
        ("undefined", "Authentication required"),
        (accounts.link_token(ADMIN), "Authentication required"),
        (jwt.encode({**claims, "aud": "user_auth"}, "", "none"), "Authentication required"),
        (jwt.encode({**claims, "aud": "user_auth"}, "x" * 40, "HS256"), "Authentication required"),
        (jwt.encode({**claims, "aud": "probe_login"}, KEY, "HS256"), "Authentication required"),
        (accounts.bearer(ADMIN, "admin", issued=NOW + timedelta(minutes=1)), "Authentication required"),
        (accounts.bearer(ADMIN, "admin", issued=NOW - timedelta(days=2)), "Authentication required"),
        ("x" * 60_000, "Authentication required"),
        (accounts.bearer(USER), "Role not authorized"),
        (accounts.bearer(USER, role="Admin"), "Role not authorized"),
        (accounts.bearer(USER, role="admin "), "Role not authorized"),
    ]
    contents = [b"", b"{", b'{"email_address":1}']
    for (method, path), content, (token, text) in itertools.product(ADMIN_ONLY, contents, tokens):
        refused = accounts.send(method, path, token, content=content)
        assert (refused.status_code, refused.json()) == (401, {"error": text, "detail": text})
        assert refused.headers["cache-control"] == "no-cache"


def test_a_role_is_given_and_withdrawn(accounts: Accounts, boss: str) -> None:
    where = f"/api/v1/get_account_role/{OTHER}"
    unknown = accounts.send("GET", where, boss)
    assert (unknown.status_code, unknown.json()["error"]) == (400, "Account not found")
    assert (
        accounts.ok("POST", ROLE, boss, json={"email_address": f" {OTHER.upper()} ", "role": " Admin "}) == {}
    )
    assert accounts.ok("GET", f"/api/v1/get_account_role/{OTHER.upper()}", boss) == {"role": "admin"}
    accounts.later(seconds=10)
    admin = accounts.login(OTHER)
    assert accounts.ok("GET", where, admin) == {"role": "admin"}
    # Withdrawn within the second of a login: no session of that second stays an admin's.
    assert accounts.ok("POST", ROLE, boss, json={"email_address": OTHER, "role": "user"}) == {}
    refused = accounts.send("GET", where, admin)
    assert (refused.status_code, refused.json()["error"]) == (401, "Authentication token expired")
    assert accounts.ok("GET", "/whoami", admin) == "nobody"
    assert accounts.ok("GET", where, boss) == {"role": "user"}
    accounts.later(seconds=1)
    again = accounts.login(OTHER)
    assert accounts.ok("GET", "/whoami", again) == "user"


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def test_a_role_is_given_by_a_form(accounts: Accounts, boss: str) -> None:
    form = {"email_address": OTHER, "role": "admin", "more": "x"}
    assert accounts.ok("POST", ROLE, boss, data=form) == {}
    assert accounts.ok("GET", f"/api/v1/get_account_role/{OTHER}", boss) == {"role": "admin"}
    assert accounts.ok("POST", EXPUNGE, boss, data={"email_address": OTHER}) == {}


@pytest.mark.parametrize("content", [b"", b"{}", b"role=admin", b"\xff=\xff", b"&" * 1000, b"a=1&" * 1000])
def test_forms_that_are_none(accounts: Accounts, boss: str, content: bytes) -> None:
    answer = accounts.send("POST", ROLE, boss, content=content, headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid parameters")


def test_a_stranger_has_nothing_mailed_by_a_form(accounts: Accounts) -> None:
    form = {"email_address": OTHER, "redirect_to": "https://explorer.ooni.org/"}
    assert accounts.send("POST", "/api/v1/user_register", data=form).status_code == 422
    assert accounts.mailbox.letters == []


def test_a_role_shows_at_refresh(accounts: Accounts, boss: str) -> None:
    bearer = accounts.login(USER)
    accounts.ok("POST", ROLE, boss, json={"email_address": USER, "role": "admin"})
    assert accounts.ok("GET", "/api/_/account_metadata", bearer)["role"] == "user"
    fresh = accounts.ok("GET", "/api/v1/user_refresh_token", bearer)["bearer"]
    assert accounts.ok("GET", "/api/_/account_metadata", fresh)["role"] == "admin"
    renewed = accounts.ok("POST", "/api/v2/ooniauth/user-session", bearer)
    assert renewed["role"] == "admin"


REFUSED: list[tuple[object, int, str | None]] = [
    ({"email_address": "nick@localhost", "role": "user"}, 400, "Invalid email address"),
    ({"email_address": "", "role": "user"}, 400, "Invalid email address"),
    ({"email_address": "a\0@news.example", "role": "user"}, 400, "Invalid email address"),
    ({"email_address": "nic\u212a@news.example", "role": "user"}, 400, "Invalid email address"),
    ({"email_address": USER, "role": "boss"}, 400, "Invalid role"),
    ({"email_address": USER, "role": "\0"}, 400, "Invalid role"),
    ({"email_address": USER, "role": ""}, 400, "Invalid role"),
    ({"email_address": USER}, 422, None),
    ({"email_address": USER, "role": None}, 422, None),
    ({"email_address": USER, "role": ["admin"]}, 422, None),
    ({"email_address": 2**70, "role": "user"}, 422, None),
    ({"email_address": "\ud800", "role": "user"}, 400, "Invalid email address"),
    ([], 422, None),
]


def test_what_cannot_be_done(accounts: Accounts, boss: str) -> None:
    for body, status, text in REFUSED:
        refused = accounts.send("POST", ROLE, boss, json=body)
        assert refused.status_code == status, body
        assert text is None or refused.json()["error"] == refused.json()["detail"] == text


def test_whose_role(accounts: Accounts, boss: str) -> None:
    for address in ["nick@localhost", "x", "%00@news.example", "a%0d%0ab@news.example"]:
        refused = accounts.send("GET", f"/api/v1/get_account_role/{address}", boss)
        assert (refused.status_code, refused.json()["error"]) == (400, "Invalid email address")


def test_expunging(accounts: Accounts, boss: str) -> None:
    accounts.later(minutes=-10)
    link, session = accounts.link_token(), accounts.bearer(USER)
    made = accounts.ok("POST", "/api/v1/user_api_tokens", session, json={"name": "x"})
    accounts.later(minutes=10)
    assert accounts.ok("GET", "/whoami", session) == "user"
    assert accounts.ok("POST", EXPUNGE, boss, json={"email_address": USER.upper()}) == {}
    for method, path in (("GET", "/api/v1/user_refresh_token"), ("GET", "/api/v1/user_api_tokens")):
        refused = accounts.send(method, path, session)
        assert (refused.status_code, refused.json()["error"]) == (401, "Authentication token expired")
    assert accounts.send("GET", "/api/_/account_metadata", session).status_code == 401
    assert accounts.ok("GET", "/whoami", session) == "nobody"
    assert accounts.ok("GET", "/api/v2/ooniauth/user-session", session)["is_logged_in"] is False
    assert accounts.send("POST", "/api/v2/ooniauth/user-session", session).status_code == 401
    # An old link would make a new session.
    for answer in (
        accounts.send("GET", "/api/v1/user_login", params={"k": link}),
        accounts.send("POST", "/api/v2/ooniauth/user-session", json={"login_token": link}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "Expired token")
    # A new one does: also within the second, which tokens cannot tell apart.
    fresh = accounts.login(USER)
    assert accounts.ok("GET", "/whoami", fresh) == "user"
    tokens = accounts.ok("GET", "/api/v1/user_api_tokens", fresh)["api_tokens"]
    assert made["id"] not in [one["id"] for one in tokens]
    assert accounts.ok("GET", "/whoami", accounts.bearer(OTHER)) == "user"


def test_an_admin_may_expunge_themselves(accounts: Accounts, boss: str) -> None:
    accounts.ok("POST", EXPUNGE, boss, json={"email_address": ADMIN})
    assert accounts.send("POST", EXPUNGE, boss, json={"email_address": ADMIN}).status_code == 401


def test_the_later_threshold_counts(accounts: Accounts) -> None:
    account = account_id(USER, KEY)
    accounts.store.expunge(account, NOW, "operator")
    accounts.later(hours=-1)
    accounts.store.expunge(account, accounts.clock, "operator")
    assert accounts.store.valid_since(account) == NOW


def test_whom_to_expunge(accounts: Accounts, boss: str) -> None:
    for body in [{}, {"email_address": None}, {"email_address": ["a@b.example"]}]:
        assert accounts.send("POST", EXPUNGE, boss, json=body).status_code == 422
    refused = accounts.send("POST", EXPUNGE, boss, json={"email_address": "nobody"})
    assert (refused.status_code, refused.json()["error"]) == (400, "Invalid email address")


def test_the_log_tells_it_all_without_addresses(accounts: Accounts, boss: str) -> None:
    accounts.ok("POST", ROLE, boss, json={"email_address": USER, "role": "admin"})
    accounts.ok("POST", EXPUNGE, boss, json={"email_address": USER})
    accounts.ok("POST", ROLE, boss, json={"email_address": USER, "role": "user"})
    by, whom = account_id(ADMIN, KEY), account_id(USER, KEY)
    told = [(one.account_id, one.action, one.object_id, one.detail) for one in accounts.store.log(10)]
    assert told == [
        (by, "account.set_role", whom, {"role": "admin", "before": "user"}),
        (by, "account.expunge", whom, {}),
        (by, "account.set_role", whom, {"role": "user", "before": "admin"}),
    ]
    assert [one.action for one in accounts.store.log(1)] == ["account.set_role"]


def test_admins_at_once(accounts: Accounts, boss: str) -> None:
    body = {"json": {"email_address": USER, "role": "admin"}}
    answers = accounts.send_all([("POST", ROLE, boss, dict(body)) for _ in range(8)])
    # One was first; others came after it, or are told that they were not.
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert accounts.store.role(account_id(USER, KEY)) == "admin"
