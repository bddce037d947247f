"""`GET /api/v1/ledger`: hours that add up, pages of them, and what is said when they do not."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from oonib.app import errors
from oonib.app.health import Checks
from oonib.ledger import LedgerService
from oonib.ledger.routes import router
from oonib.ledger.schema import COLUMNS
from oonib.metrics import Metrics
from oonib.spool import DeadLetter, Limits, Spool, SpoolBusy, Tally

from support.archiving import START, submit_all
from support.serving import Client


class Host:
    """A spool with its ledger, at a time of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "spool" / "spool.sqlite"
        self.spool = Spool(self.path, Limits(disk_reserve=0))
        self.now = START + timedelta(hours=1)
        self.service = self.fresh()
        app = FastAPI()
        errors.install(app)
        app.include_router(router(self.service))
        self.client = Client(app)

    def fresh(self) -> LedgerService:
        return LedgerService(
            self.spool,
            collector_id="4",
            horizon=7200.0,
            base_url="https://api.example.org",
            clock=lambda: self.now,
        )

    def get(self, **parameters: Any) -> dict[str, Any]:
        answer = self.client.get("/api/v1/ledger", params=parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def lose_one(self) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("DELETE FROM entry WHERE seq = 1")
            connection.commit()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.spool.close()


def test_an_hour_with_all_its_outcomes(host: Host) -> None:
    uids = list(submit_all(host.spool, [b"%d" % n for n in range(5)]))
    hour = "2026030210"
    host.spool.settle(
        4,
        [
            Tally(hour, "scored", "", 2),
            Tally(hour, "rejected", "Measurement start time too old", 1),
            Tally(hour, "dead_letter", "corrupt_body", 1),
        ],
        [DeadLetter(4, uids[3], "corrupt_body")],
    )
    assert host.get() == {
        "collector_id": "4",
        "horizon_seconds": 7200.0,
        "adds_up": True,
        "hours": [
            {
                "hour": "2026-03-02T10:00:00Z",
                "accepted": 5,
                "duplicate": 0,
                "scored": 2,
                "rejected": 1,
                "dead_letter": 1,
                "in_flight": 1,
                "removed": 0,
                "missing": 0,
                "archived": 0,
                "unarchived": 5,
                "removed_before_archive": 0,
                "missing_in_archive": 0,
                "settled": False,
                "adds_up": True,
                "rejected_by_reason": {"Measurement start time too old": 1},
                "dead_letter_by_reason": {"corrupt_body": 1},
            }
        ],
        "metadata": {"limit": 24, "next_url": None},
    }


def test_walking_the_pages_gives_each_hour_once(host: Host) -> None:
    hours = [0, 1, 2, 5, 6, 30]
    for n in hours:
        submit_all(host.spool, [b"%d" % n], received=START + timedelta(hours=n))
    seen: list[str] = []
    page = host.get(limit=2, since="2026-03-02T11")
    while True:
        assert [hour["accepted"] for hour in page["hours"]] == [1] * len(page["hours"])
        seen += [hour["hour"] for hour in page["hours"]]
        url = page["metadata"]["next_url"]
        if url is None:
            break
        # Hours that begin meanwhile are on no later page.
        submit_all(host.spool, [url.encode()], received=START + timedelta(hours=40 + len(seen)))
        assert url.startswith("https://api.example.org/api/v1/ledger?until=")
        answer = host.client.get(url.removeprefix("https://api.example.org"))
        page = answer.json()
    wanted = [START.replace(minute=0) + timedelta(hours=n) for n in reversed(hours[1:])]
    assert seen == [f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in wanted]


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", 1),
        ("2026-03-02T10:59:59Z", "2026-03-02T11:00:01Z", 2),  # whole hours around what was asked
        ("2026-03-02", "2026-03-03", 2),
        ("2026-03-02T12:30:00 02:00", "", 2),  # a plus that was lost on the way
        ("2026-03-03", "", 0),
    ],
)
def test_periods(host: Host, since: str, until: str, count: int) -> None:
    for n in range(2):
        submit_all(host.spool, [b"%d" % n], received=START + timedelta(hours=n))
    assert len(host.get(since=since, until=until)["hours"]) == count


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("since=yesterday", 400),
        ("since=2026-13-01", 400),
        ("until=9999-12-31T23:59:59", 400),
        ("since=2026-03-02&until=2026-03-02", 400),
        ("limit=0", 422),
        ("limit=745", 422),
        ("format=xml", 422),
        ("since=" + "2" * 41, 422),
    ],
)
def test_what_is_refused(host: Host, query: str, status: int) -> None:
    answer = host.client.get(f"/api/v1/ledger?{query}")
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]


def test_a_spool_that_cannot_be_read_is_a_503(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise SpoolBusy("locked")

    monkeypatch.setattr(host.spool, "latest_hours", broken)
    answer = host.client.get("/api/v1/ledger")
    assert (answer.status_code, answer.json()["error"]) == (503, "spool_error")
    assert answer.headers["retry-after"]


def test_csv_has_the_same_numbers(host: Host) -> None:
    for n in range(3):
        submit_all(host.spool, [b"1%d" % n, b"2%d" % n], received=START + timedelta(hours=n))
    hour = "2026030212"
    host.spool.settle(6, [Tally(hour, "rejected", "b", 1), Tally(hour, "rejected", "a", 1)])
    answer = host.client.get("/api/v1/ledger?format=csv&limit=2")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["link"].endswith('limit=2>; rel="next"')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == list(COLUMNS)
    latest = host.get()["hours"][0]
    assert (rows[0]["collector_id"], rows[0]["hour"]) == ("4", latest["hour"])
    assert rows[0]["rejected_by_reason"] == "a: 1; b: 1"
    for name in ("accepted", "rejected", "missing", "in_flight", "unarchived"):
        assert int(rows[0][name]) == latest[name]


def test_a_loss_is_an_alarm_once_the_hour_is_settled(host: Host) -> None:
    submit_all(host.spool, [b"1", b"2"])
    host.lose_one()
    host.now = datetime(2026, 3, 2, 12, 59, tzinfo=UTC)
    assert host.fresh().check().adds_up, "not yet"
    host.now = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    check = host.fresh().check()
    assert (check.hours, check.missing, check.missing_in_archive) == (("2026030210",), 1, 1)
    assert not host.get()["adds_up"]
    assert host.get()["hours"][0]["settled"]
    host.now += timedelta(days=32)
    assert host.fresh().check().adds_up, "known for a month"


def test_losses_and_double_counts_do_not_balance(host: Host) -> None:
    submit_all(host.spool, [b"1"])
    submit_all(host.spool, [b"2"], received=START + timedelta(hours=1))
    host.lose_one()
    host.spool.settle(2, [Tally("2026030211", "scored", "", 2)])
    host.now = START + timedelta(days=1)
    assert host.fresh().check().missing == 2


def test_health_and_metrics_tell(host: Host, tmp_path: Path) -> None:
    submit_all(host.spool, [b"1", b"2"])
    host.lose_one()
    host.now = START + timedelta(days=1)
    metrics = Metrics()
    checks = Checks(
        spool=host.spool,
        warehouse=SimpleNamespace(select=lambda *_a, **_k: [{"n": 1}]),  # type: ignore[arg-type]
        ping_objects=lambda: None,
        object_errors=OSError,
        metrics=metrics,
        data_dir=tmp_path,
        age_alarm=1e9,
        secrets={},
        ledger=host.service,
        archive_alarm=0.0,
    )
    found = {finding.id: finding for finding in checks.run()}
    assert found["ledger"].status == "warning"
    assert "2026030210" in found["ledger"].detail
    assert found["archive_age"].status == "warning"
    text = metrics.render().decode()
    assert 'oonib_ledger_missing{stage="scoring"} 1.0' in text
    assert "oonib_archive_waiting 1.0" in text
