"""Listing and changing rules of priority (management contract 4.7), on both engines."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import APIRouter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.accounts.guard.routes import Guard
from oonib.checkin.prioritisation import DEFAULT_RULES, RulesAway
from oonib.priorities import RuleStore
from oonib.priorities.routes import router
from oonib.priorities.service import PriorityService
from oonib.records import Records

from support.editing import ADMIN, NOW, Desk, bearer

LIST, UPDATE = "/api/_/url-priorities/list", "/api/_/url-priorities/update"
ADMINS = bearer(ADMIN, "admin")
RULE = {"category_code": "NEWS", "cc": "*", "domain": "*", "url": "*", "priority": 100}


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def desk(records: Records, changes: list[str]) -> Desk:
    def routes(guard: Guard) -> APIRouter:
        service = PriorityService(
            RuleStore(records), changed=lambda: changes.append("changed"), clock=lambda: NOW
        )
        return router(service, guard)

    return Desk(records, routes)


def rules(desk: Desk) -> list[dict[str, Any]]:
    answer = desk.get(LIST)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "max-age=1"
    found: list[dict[str, Any]] = answer.json()["rules"]
    return found


def update(desk: Desk, old: Any, new: Any) -> tuple[int, Any]:
    answer = desk.post(UPDATE, {"old_entry": old, "new_entry": new}, ADMINS)
    return answer.status_code, answer.json()


def test_the_life_of_a_rule(desk: Desk, changes: list[str]) -> None:
    assert rules(desk) == []
    assert update(desk, {}, RULE) == (200, 1)
    assert rules(desk) == [RULE]
    raised = RULE | {"priority": 101}
    assert update(desk, RULE, raised) == (200, 1)
    assert rules(desk) == [raised]
    assert update(desk, raised, None) == (200, 1)
    assert rules(desk) == []
    assert len(changes) == 3
    noted = [(one.account_id, one.action, one.detail) for one in desk.accounts.log(9)]
    assert noted == [
        (ADMIN, "priority.update", {"old": None, "new": RULE}),
        (ADMIN, "priority.update", {"old": RULE, "new": raised}),
        (ADMIN, "priority.update", {"old": raised, "new": None}),
    ]


@pytest.mark.parametrize("none", [{}, None, "left out"])
def test_three_ways_to_say_none(desk: Desk, none: Any) -> None:
    def body(**given: Any) -> dict[str, Any]:
        return {key: value for key, value in given.items() if value != "left out"}

    assert desk.post(UPDATE, body(old_entry=none, new_entry=RULE), ADMINS).json() == 1
    assert desk.post(UPDATE, body(old_entry=RULE, new_entry=none), ADMINS).json() == 1
    answer = desk.post(UPDATE, body(old_entry=none, new_entry=none), ADMINS)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "No changes are being proposed",
        "detail": "No changes are being proposed",
        "description": "No changes are being proposed",
        "err_str": "err_no_proposed_changes",
        "err_args": None,
    }


def test_what_is_refused_changes_nothing(desk: Desk, changes: list[str]) -> None:
    other = RULE | {"category_code": "MISC"}
    for one in (RULE, other):
        assert update(desk, None, one) == (200, 1)
    before, logged = rules(desk), len(desk.accounts.log(9))
    status, body = update(desk, None, RULE | {"priority": 7})
    assert (status, body["err_str"], body["err_args"]) == (400, "err_duplicate_rule", RULE | {"priority": 7})
    status, body = update(desk, other, RULE)
    assert (status, body["err_str"]) == (400, "err_duplicate_rule")
    for old in (RULE | {"priority": 99}, RULE | {"cc": "IT"}):
        status, body = update(desk, old, None)
        assert (status, body["err_str"]) == (404, "err_rule_not_found")
        assert update(desk, old, RULE | {"url": "https://x.example/"})[0] == 404
    assert rules(desk) == before
    assert (len(changes), len(desk.accounts.log(9))) == (2, logged)


def test_empty_is_any_and_countries_are_in_upper_case(desk: Desk) -> None:
    entry = {"category_code": "", "cc": "it", "url": None, "priority": 5, "id": 9, "x": {}}
    assert update(desk, None, entry) == (200, 1)
    stored = {"category_code": "*", "cc": "IT", "domain": "*", "url": "*", "priority": 5}
    assert rules(desk) == [stored]
    assert update(desk, {"cc": "It", "priority": 5}, {"cc": "it", "priority": "6"}) == (200, 1)
    assert rules(desk) == [stored | {"priority": 6}]


def test_the_order_is_that_of_the_fields(desk: Desk) -> None:
    given = [("b", "*"), ("B", "*"), ("a", "IT"), ("a", "*"), ("é", "*"), ("*", "*")]
    for category, cc in given:
        assert update(desk, None, {"category_code": category, "cc": cc, "priority": 1})[0] == 200
    assert [(one["category_code"], one["cc"]) for one in rules(desk)] == sorted(given)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"priority": None},
        {"priority": True},
        {"priority": 1.5},
        {"priority": 2**31},
        {"priority": -(2**70)},
        {"priority": "x"},
        {"priority": 1, "url": "a\0b"},
        {"priority": 1, "url": "x" * 2001},
        {"priority": 1, "domain": "é" * 128},
        {"priority": 1, "cc": "\ud800"},
        {"priority": 1, "cc": ["IT"]},
        {"priority": 1, "category_code": {"$ne": 1}},
    ],
)
def test_what_is_no_rule(desk: Desk, entry: dict[str, Any]) -> None:
    body = {"new_entry": entry} if entry else {"new_entry": {"cc": "IT"}}
    answer = desk.post(UPDATE, body, ADMINS)
    assert answer.status_code == 422, answer.text
    assert isinstance(answer.json()["detail"], list)
    assert rules(desk) == []


def test_the_largest_rule_fits(desk: Desk) -> None:
    entry = {"category_code": "é" * 50, "cc": "ß" * 25, "domain": "é" * 127, "url": "€" * 666, "priority": 1}
    assert update(desk, None, entry) == (200, 1)
    assert rules(desk)[0]["url"] == entry["url"]


def test_who_may(desk: Desk) -> None:
    assert desk.get(LIST, {"Authorization": "Bearer undefined"}).status_code == 200
    for body in ({}, "broken", None, {"new_entry": RULE}):
        for who, text in (({}, "Authentication required"), (bearer(), "Role not authorized")):
            answer = desk.post(UPDATE, body, who)
            assert (answer.status_code, answer.json()["error"]) == (401, text)
    assert rules(desk) == []


def test_two_who_replace_the_same_rule(desk: Desk) -> None:
    assert update(desk, None, RULE) == (200, 1)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: update(desk, RULE, RULE | {"priority": n})[0], range(8)))
    assert done.count(200) == 1
    assert set(done) <= {200, 404, 409}
    assert len(rules(desk)) == 1


def test_two_who_add_the_same_rule(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: update(desk, None, RULE | {"priority": n})[0], range(8)))
    assert done.count(200) == 1
    assert set(done) <= {200, 400, 409}
    assert len(rules(desk)) == 1


def test_the_default_rules_are_stored_once(records: Records) -> None:
    store = RuleStore(records)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: store.add_defaults(), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert store.stored() == tuple(sorted(DEFAULT_RULES))
    assert store.add_defaults() is False


def test_records_that_are_away() -> None:
    away = Records.open("postgresql+psycopg://oonib@127.0.0.1:9/x?connect_timeout=2")
    with pytest.raises(RulesAway):
        RuleStore(away).stored()
    with pytest.raises(RulesAway):
        RuleStore(away).add_defaults()
    away.close()


texts = st.text(max_size=20) | st.none() | st.integers() | st.sampled_from(["", "*", "it", "NEWS"])
entries = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("category_code", "cc", "domain", "url"), texts)
    | {"priority": st.integers() | texts | st.booleans() | st.floats(allow_nan=False)},
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=entries)
def test_any_entry_is_stored_or_refused(desk: Desk, entry: dict[str, Any]) -> None:
    status, _ = update(desk, None, entry)
    assert status in (200, 400, 422)
    if status == 200:
        (stored,) = rules(desk)
        assert "" not in stored.values()
        assert update(desk, entry, None) == (200, 1)
    assert rules(desk) == []
