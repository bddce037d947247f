"""API tokens, and whose quota a request counts for (management contract 6.3)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from oonib.accounts.apitokens import ApiTokenStore
from oonib.accounts.identity import account_id
from oonib.accounts.payers import Payers
from oonib.records import Records

from support.accounts import Accounts
from support.people import KEY, OTHER, USER
from support.processes import wait_until

PATH = "/api/v1/user_api_tokens"


@pytest.fixture
def accounts(records: Records) -> Accounts:
    return Accounts(records)


@pytest.fixture
def payers(accounts: Accounts) -> Iterator[Payers]:
    payers = Payers(
        accounts.tokens,
        accounts.store,
        ApiTokenStore(accounts.records),
        key=KEY,
        clock=accounts.now,
        seconds=0.05,
    )
    yield payers
    payers.close()


def test_a_token_is_made_shown_and_revoked(accounts: Accounts) -> None:
    user, other = accounts.bearer(USER), accounts.bearer(OTHER)
    made = accounts.ok("POST", PATH, user, json={"name": "  nightly export \u00e9 ", "id": "x"})
    assert made.pop("token").startswith("oonib_")
    assert made["name"] == "nightly export \u00e9"
    assert made["create_time"] == "2026-03-02T10:30:00.654321Z"
    accounts.later(seconds=1)
    second = accounts.ok("POST", PATH, user, json={"name": "b"})
    assert [one["name"] for one in accounts.ok("GET", PATH, user)["api_tokens"]] == ["b", made["name"]]
    assert accounts.ok("GET", PATH, user)["api_tokens"][1] == made
    assert accounts.ok("GET", PATH, other) == {"api_tokens": []}
    theirs = accounts.send("DELETE", f"{PATH}/{made['id']}", other)
    assert (theirs.status_code, theirs.json()["error"]) == (404, "API token not found")
    assert accounts.ok("DELETE", f"{PATH}/{made['id']}", user) == {}
    assert accounts.send("DELETE", f"{PATH}/{made['id']}", user).status_code == 404
    assert [one["id"] for one in accounts.ok("GET", PATH, user)["api_tokens"]] == [second["id"]]
    assert [one.action for one in accounts.store.log(9)] == [
        "api_token.create",
        "api_token.create",
        "api_token.revoke",
    ]


def test_a_token_opens_nothing(accounts: Accounts) -> None:
    token = accounts.ok("POST", PATH, accounts.bearer(USER), json={"name": "x"})["token"]
    assert accounts.send("GET", PATH, token).status_code == 401
    assert accounts.send("GET", "/api/v1/user_refresh_token", token).status_code == 401
    assert accounts.ok("GET", "/whoami", token) == "nobody"


def test_nobody_has_tokens(accounts: Accounts) -> None:
    for method in ("GET", "POST"):
        assert accounts.send(method, PATH, content=b"{").status_code == 401


def test_names(accounts: Accounts) -> None:
    user = accounts.bearer(USER)
    refused: list[object] = [
        {},
        {"name": ""},
        {"name": "  "},
        {"name": None},
        {"name": 7},
        {"name": "x" * 101},
        {"name": "a\0"},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": "\u202egnp.exe"},
    ]
    for body in refused:
        assert accounts.send("POST", PATH, user, json=body).status_code == 422, body


def test_ids(accounts: Accounts) -> None:
    for identifier in ["x", "%00", "0" * 31, "A" * 32, "0" * 32 + "%0a"]:
        assert accounts.send("DELETE", f"{PATH}/{identifier}", accounts.bearer(USER)).status_code == 422, (
            identifier
        )


def test_no_more_than_twenty(accounts: Accounts) -> None:
    user = accounts.bearer(USER)
    asked = [("POST", PATH, user, {"json": {"name": f"{number}"}}) for number in range(24)]
    statuses = sorted(answer.status_code for answer in accounts.send_all(asked))
    assert statuses == [200] * 20 + [400] * 4
    accounts.ok("POST", PATH, accounts.bearer(OTHER), json={"name": "x"})


def test_whose_quota(accounts: Accounts, payers: Payers) -> None:
    user = accounts.bearer(USER)
    who = account_id(USER, KEY)
    made = accounts.ok("POST", PATH, user, json={"name": "x"})
    bearer = f"Bearer {made['token']}"
    assert payers.account(bearer) is None
    payers.start()
    wait_until(lambda: payers.account(bearer) == who, 5, "a known token")
    assert payers.account(f"Bearer {user}") == who
    for nobody in (
        "",
        "Bearer ",
        bearer.lower(),
        bearer[:-1],
        f"{bearer} ",
        "Bearer oonib_",
        "Basic x",
        "\ud800",
    ):
        assert payers.account(nobody) is None
    assert payers.account(f"Bearer {accounts.link_token()}") is None
    assert payers.account("Bearer oonib_\ud800") is None
    accounts.ok("DELETE", f"{PATH}/{made['id']}", user)
    wait_until(lambda: payers.account(bearer) is None, 5, "a revoked token")


def test_what_was_expunged_counts_for_nobody(accounts: Accounts, payers: Payers) -> None:
    user = accounts.bearer(USER)
    made = accounts.ok("POST", PATH, user, json={"name": "x"})
    payers.look()
    assert payers.account(f"Bearer {made['token']}") == account_id(USER, KEY)
    accounts.store.expunge(account_id(USER, KEY), accounts.clock + timedelta(seconds=1), "operator")
    payers.look()
    assert payers.account(f"Bearer {made['token']}") is None
    assert payers.account(f"Bearer {user}") is None


def test_records_that_are_away_change_nothing(accounts: Accounts, payers: Payers) -> None:
    made = accounts.ok("POST", PATH, accounts.bearer(USER), json={"name": "x"})
    payers.start()
    wait_until(lambda: payers.account(f"Bearer {made['token']}"), 5, "a known token")
    with accounts.records.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE api_token RENAME TO elsewhere")
    assert payers.account(f"Bearer {made['token']}")
