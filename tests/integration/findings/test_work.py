"""What looking for a finding costs SQLite: as much among many as among few, and by an index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.people import ADMIN, Desk
from support.plans import Work, watched
from support.records import migrated

API = "/api/v1/incidents"
READS = [
    "/show/101",
    "/show/2026-a-title",
    "/show/older",
    "/search?country_code=IR",
    "/search?country_code=IR&country_code=BR&asn=1",
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with migrated(f"sqlite:///{tmp_path / 'records.db'}") as records:
        desk = Desk(records)
        change(desk, "create", slug="older", CCs=["IR"], ASNs=[1])
        change(desk, "update", id="101", slug="2026-a-title", CCs=["IR"], ASNs=[1])
        yield desk


def change(desk: Desk, action: str, **values: object) -> None:
    body = {
        "title": "A title",
        "text": "text",
        "start_time": "2026-02-01T00:00:00Z",
        "email_address": ADMIN,
        "published": True,
        **values,
    }
    desk.ok("POST", f"{API}/{action}", ADMIN, json=body)


def read(desk: Desk, path: str) -> Work:
    with watched(desk.records) as work:
        assert b'"older"' not in desk.send("GET", f"{API}{path}").content
    return work


def test_it_stays_the_same_among_many(desk: Desk) -> None:
    before = [read(desk, one).steps for one in READS]
    assert min(before) > 10
    for number in range(40):
        change(desk, "create", CCs=["US"], ASNs=[1], slug=f"other-{number}")
    for number in range(40):
        change(desk, "update", id="101", slug=f"again-{number}", CCs=["IR"], ASNs=[1])
    change(desk, "update", id="101", slug="2026-a-title", CCs=["IR"], ASNs=[1])
    after = [read(desk, one).steps for one in READS]
    # A few steps more where the search in an index ends at another entry and not at its end; the last search
    # looks at all that have the network.
    assert all(now - then <= 5 for then, now in zip(before[:-1], after[:-1], strict=True)), (before, after)


def test_it_is_found_by_an_index(desk: Desk) -> None:
    plans = [plan for one in READS for plan in read(desk, one).plans(desk.records)]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    assert sum(plan.startswith("SEARCH") for plan in plans) >= len(READS)


def test_an_answer_that_is_ready_costs_one_look(desk: Desk) -> None:
    first, again = read(desk, "/search"), read(desk, "/search")
    assert (len(first.asked), len(again.asked)) == (2, 1)
    assert again.steps < first.steps / 3
