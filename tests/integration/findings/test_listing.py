"""Answers to searches that are kept ready: always those of now, for whoever they are for, within bounds."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from oonib.findings import FindingsService
from oonib.findings.listing import Listings
from oonib.findings.schema import FindingFilters
from oonib.findings.store import FindingStore
from oonib.records.tables import Finding

from support.people import ADMIN, USER, Desk

API = "/api/v1/incidents"
EVERYTHING = FindingFilters()


def draft(**values: Any) -> dict[str, Any]:
    return {
        "title": "Signal is blocked",
        "text": "text",
        "start_time": "2026-02-01T00:00:00Z",
        "email_address": ADMIN,
        "CCs": ["IR"],
        "published": True,
        **values,
    }


def create(desk: Desk, **values: Any) -> str:
    return str(desk.ok("POST", f"{API}/create", ADMIN, json=draft(**values))["id"])


def neighbour(desk: Desk, **options: Any) -> Listings:
    """The same over the same database in another worker."""
    service = FindingsService(FindingStore(desk.records), clock=desk.now, next_id=lambda: 1)
    return Listings(service, **options)


def queries(desk: Desk) -> list[str]:
    """Searches that reach the database from now on."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "ORDER BY finding.start_time" in statement:
            asked.append(statement)

    event.listen(desk.records.engine, "before_cursor_execute", note)
    return asked


def test_an_answer_is_made_once(desk: Desk) -> None:
    create(desk)
    asked = queries(desk)
    answers = [desk.send("GET", f"{API}/search") for _ in range(3)]
    assert len(asked) == 1
    assert len({one.content for one in answers}) == 1
    assert len(answers[0].json()["incidents"]) == 1
    desk.ok("GET", f"{API}/search?country_code=IR")
    assert len(asked) == 2


CHANGES = ["create", "update", "unpublish", "publish", "delete"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6))
def test_every_change_shows_at_once_in_every_worker(desk: Desk, actions: list[str]) -> None:
    desk.clear()
    other, key = neighbour(desk), create(desk)
    for number, action in enumerate(actions):
        other.answer(EVERYTHING, None)
        desk.ok("GET", f"{API}/search")
        fields: dict[str, Any] = {"id": key, "email_address": ADMIN}
        if action in ("create", "update"):
            fields = draft(title=f"Title {number}", **({"id": key} if action == "update" else {}))
        changed = desk.send("POST", f"{API}/{action}", ADMIN, json=fields)
        assert changed.status_code in (200, 404)
        # Nobody has asked this one before, so that it has nothing ready.
        expected = neighbour(desk).answer(EVERYTHING, None)
        assert other.answer(EVERYTHING, None) == expected
        assert desk.send("GET", f"{API}/search").content == expected.body


def test_who_is_logged_in_gets_their_own(desk: Desk) -> None:
    hidden, shown = create(desk, published=False), create(desk)
    bodies = {}
    for who in (None, USER, ADMIN, None, USER, ADMIN):
        found = desk.ok("GET", f"{API}/search", who)["incidents"]
        assert bodies.setdefault(who, found) == found
    assert {one["id"] for one in bodies[None]} == {shown}
    assert {one["id"] for one in bodies[USER]} == {hidden, shown}
    assert {one["email_address"] for one in bodies[USER] + bodies[None]} == {""}
    assert {one["email_address"] for one in bodies[ADMIN]} == {ADMIN}
    assert all(one["mine"] for one in bodies[ADMIN])


@pytest.mark.parametrize("who", [None, USER])
def test_what_has_not_changed_is_not_sent_again(desk: Desk, who: str | None) -> None:
    create(desk)
    first = desk.send("GET", f"{API}/search", who)
    assert first.headers["vary"] == "Authorization"
    tag = first.headers["etag"]
    for given_tag in (tag, f'"other", W/{tag}'):
        again = desk.send("GET", f"{API}/search", who, headers={"If-None-Match": given_tag})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, "no-cache")
    for given_tag in ("", "x", '""', tag.strip('"'), '"\xff"'.encode("latin-1")):
        full = desk.send("GET", f"{API}/search", who, headers={"If-None-Match": given_tag})
        assert (full.status_code, full.content) == (200, first.content)
    create(desk)
    changed = desk.send("GET", f"{API}/search", who, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_only_so_many_bytes_are_kept(desk: Desk) -> None:
    create(desk)
    size = len(neighbour(desk).answer(EVERYTHING, None).body)
    listings, asked = neighbour(desk, most_bytes=3 * size), queries(desk)
    some = [
        FindingFilters(country_code=["IR"], theme=[]),
        EVERYTHING,
        FindingFilters(country_code=["IR", "BR"]),
    ]
    for filters in some:
        listings.answer(filters, None)
    assert len(asked) == 3
    listings.answer(some[2], None)
    assert len(asked) == 3
    listings.answer(some[0], None)
    assert len(asked) == 4, "with what it is asked by it is larger than what there is room for"
    tiny = neighbour(desk, most_bytes=size - 1)
    for _ in range(2):
        assert tiny.answer(EVERYTHING, None).body
    assert len(asked) == 6


def test_edits_by_hand_show_after_a_while(desk: Desk) -> None:
    key = create(desk)
    now = [0.0]
    listings = neighbour(desk, seconds=60.0, clock=lambda: now[0])
    before = listings.answer(EVERYTHING, None)
    with desk.records.write() as session:
        session.execute(update(Finding).where(Finding.id == key).values(title="By hand"))
    now[0] = 59.9
    assert listings.answer(EVERYTHING, None) == before
    now[0] = 60.0
    assert b"By hand" in listings.answer(EVERYTHING, None).body


def test_of_many_at_once_one_does_the_work(desk: Desk) -> None:
    create(desk)
    listings, asked = neighbour(desk), queries(desk)
    ready = threading.Barrier(8)

    def ask() -> bytes:
        ready.wait(10)
        return listings.answer(EVERYTHING, None).body

    with ThreadPoolExecutor(8) as pool:
        bodies = {done.result() for done in [pool.submit(ask) for _ in range(8)]}
    assert len(bodies) == len(asked) == 1
