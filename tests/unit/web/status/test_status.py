"""The status page over a real spool: its books, its jobs, its chain, and what it says where one is away."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from oonib.app.health import Finding
from oonib.archive.manifests.service import ManifestService
from oonib.jobs import JobsService
from oonib.jobs.results import Journal, Result
from oonib.jobs.scheduler import Job
from oonib.ledger import LedgerService
from oonib.ledger.schema import LedgerHour
from oonib.objects import ObjectStore
from oonib.spool import Limits, Spool, Tally
from oonib.warehouse.ports import Selects
from oonib.web.snapshot import Patience
from oonib.web.status import StatusService
from oonib.web.status.routes import router
from oonib.web.status.service import incidents

from support.archiving import START, post, submit_all
from support.pages import BASE, Client, make_app, make_desk

ALWAYS = Patience(fresh=0.0, oldest=60.0, briefly=60.0, first=60.0)
HOSTILE = '<script>alert(1)</script>"\u202e'


class Site:
    """The page and what lies behind it."""

    def __init__(self, folder: Path) -> None:
        self.now = START + timedelta(hours=1)
        self.path = folder / "spool.sqlite"
        self.spool = Spool(self.path, Limits(disk_reserve=0))
        self.findings: Sequence[Finding] = [Finding(id="spool_room", status="ok", detail="there is room")]
        self.journal = Journal(folder / "jobs")
        jobs = [Job("tidy", "Merges months", 3600.0, lambda: "done")]
        self.objects = ObjectStore.open(str(folder / "objects"))
        service = StatusService(
            health=lambda: self.findings,
            spool=self.spool,
            ledger=LedgerService(
                self.spool, collector_id="1", horizon=7200, base_url=BASE, clock=lambda: self.now
            ),
            jobs=JobsService(jobs, folder / "jobs"),
            manifests=ManifestService(cast("Selects", None), self.objects, "1"),
            clock=lambda: self.now,
            patience=ALWAYS,
        )
        desk = make_desk()
        app = make_app(desk)
        app.include_router(router(desk, service))
        self.client = Client(app)

    def json(self) -> dict[str, Any]:
        """What the page says, for programs."""
        found: dict[str, Any] = self.client.get("/status?format=json").json()
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.spool.close()


def test_an_empty_backend(site: Site) -> None:
    found = site.json()
    assert (found["state"], found["chain"], found["incidents"]) == ("ok", {"length": 0}, [])
    assert found["queue"] == {
        "unscored": 0,
        "oldest_unscored": None,
        "unarchived": 0,
        "oldest_unarchived": None,
        "dead_letters": 0,
    }
    text = site.client.get("/status").text
    assert "All 1 checks" not in text
    assert "Working. The one check passes." in text
    assert "Nothing was accepted in the last 48 hours." in text


def test_what_waits_and_what_was_refused(site: Site) -> None:
    submit_all(site.spool, [post("20260302T101500Z_x", number) for number in range(5)])
    first = site.spool.after(site.spool.mark(), limit=2, max_bytes=1 << 40)
    site.spool.settle(
        first[-1].seq, [Tally("2026030210", "scored", "", 1), Tally("2026030210", "rejected", "no_asn", 1)]
    )
    found = site.json()
    assert (found["queue"]["unscored"], found["queue"]["unarchived"]) == (3, 5)
    (hour,) = found["ledger"]["hours"]
    assert (hour["accepted"], hour["scored"], hour["rejected"], hour["in_flight"]) == (5, 1, 1, 3)
    assert found["incidents"] == [{"kind": "rejected", "reason": "no_asn", "count": 1}]
    text = site.client.get("/status").text
    assert "<code>no_asn</code>" in text
    assert "The books balance:" in text


@pytest.mark.parametrize(
    ("status", "state", "sentence"),
    [("warning", "warning", "Working, with a warning."), ("fail", "fail", "Something does not work.")],
)
def test_the_worst_check_is_the_state(site: Site, status: str, state: str, sentence: str) -> None:
    worst = Finding.model_validate({"id": "x", "status": status, "detail": HOSTILE})
    site.findings = [*site.findings, worst]
    assert site.json()["state"] == state
    answer = site.client.get("/status")
    assert sentence in answer.text
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;\\u202e" in answer.text


def test_jobs_and_what_they_said(site: Site) -> None:
    assert "not run yet" in site.client.get("/status").text
    site.journal.record("tidy", Result(START, 1.5, ok=False, message=f"no room {HOSTILE}"))
    (job,) = site.json()["jobs"]
    assert (job["name"], job["ok"]) == ("tidy", False)
    assert "<script>alert" not in site.client.get("/status").text


def test_a_spool_that_is_away_takes_nothing_else_along(site: Site) -> None:
    with closing(sqlite3.connect(site.path)) as file:
        for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not table.startswith("sqlite_"):
                file.execute(f"DROP TABLE {table}")
    found = site.json()
    assert (found["queue"], found["ledger"], found["incidents"]) == (None, None, None)
    answer = site.client.get("/status")
    assert answer.status_code == 200
    assert "cannot be read just now" in answer.text
    assert "tidy" in answer.text


def hour(**values: Any) -> LedgerHour:
    plain = dict.fromkeys(LedgerHour.model_fields, 0) | {
        "hour": START,
        "settled": True,
        "adds_up": True,
        "rejected_by_reason": {},
        "dead_letter_by_reason": {},
    }
    return LedgerHour.model_validate(plain | values)


def test_incidents_are_summed_by_reason_and_what_is_not_settled_is_none() -> None:
    hours = [
        hour(rejected_by_reason={"a": 2, "b": 1}, removed=3),
        hour(rejected_by_reason={"a": 3}, dead_letter_by_reason={"a": 1}, missing=9, settled=False),
    ]
    assert incidents(hours) == [
        {"kind": "rejected", "reason": "a", "count": 5},
        {"kind": "removed", "reason": "", "count": 3},
        {"kind": "rejected", "reason": "b", "count": 1},
        {"kind": "dead_letter", "reason": "a", "count": 1},
    ]
