"""What reading a link costs SQLite: as much with many revisions, and many links, as with one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from oonib.records.tables import ALL

from support.people import ADMIN, Desk
from support.plans import Work, watched
from support.records import migrated

API = "/api/v2/oonirun/links"
LINK = {
    "name": "A link",
    "short_description": "short",
    "description": "long",
    "author": ADMIN,
    "nettests": [{"test_name": "web_connectivity", "inputs": ["https://a.example/"]}],
}
PROBE = {
    "run_type": "timed",
    "is_charging": True,
    "probe_asn": "AS30722",
    "probe_cc": "IT",
    "network_type": "wifi",
}
READS = [
    ("GET", "/10000", None),
    ("GET", "/10000/revisions", None),
    ("GET", "/10000/full-descriptor/latest", None),
    ("GET", "/10000/full-descriptor/1", None),
    ("POST", "/10000/engine-descriptor/latest", PROBE),
    ("POST", "/10000/engine-descriptor/1", PROBE),
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with migrated(f"sqlite:///{tmp_path / 'records.db'}") as records:
        desk = Desk(records)
        for _ in range(2):
            desk.ok("POST", API, ADMIN, json=LINK)
        yield desk


def revise(desk: Desk, count: int) -> None:
    for number in range(count):
        nettests = [{**LINK["nettests"][0], "options": {"n": number}}]  # type: ignore[dict-item]
        desk.ok("PUT", f"{API}/10000", ADMIN, json={**LINK, "nettests": nettests})


def more_links(desk: Desk, count: int) -> None:
    with desk.records.read() as session:
        link = session.execute(ALL.tables["oonirun_link"].select()).first()
    assert link is not None
    rows = [{**link._asdict(), "id": str(20_000 + number)} for number in range(count)]
    with desk.records.write() as session:
        session.execute(insert(ALL.tables["oonirun_link"]), rows)


def read(desk: Desk, method: str, path: str, body: Any) -> Work:
    with watched(desk.records) as work:
        desk.ok(method, f"{API}{path}", **({} if body is None else {"json": body}))
    return work


def test_it_stays_the_same_with_revisions_and_links(desk: Desk) -> None:
    before = [read(desk, *one).steps for one in READS]
    assert min(before) > 10
    revise(desk, 40)
    more_links(desk, 100)
    assert [read(desk, *one).steps for one in READS] == before


def test_it_is_found_by_an_index(desk: Desk) -> None:
    plans = [plan for one in READS for plan in read(desk, *one).plans(desk.records)]
    assert len(plans) >= len(READS)
    assert [plan for plan in plans if not plan.startswith("SEARCH")] == []


def test_a_list_costs_nothing_for_old_revisions(desk: Desk) -> None:
    before = read(desk, "GET", "", None).steps
    assert before > read(desk, *READS[0]).steps
    revise(desk, 40)
    assert read(desk, "GET", "", None).steps == before
    more_links(desk, 1)
    assert read(desk, "GET", "", None).steps > before, "a step is counted where there is one"
