"""What people say of measurements (management contract 5), on both engines."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oonib.feedback.routes import router
from oonib.feedback.schema import STATUSES
from oonib.feedback.service import FeedbackService
from oonib.feedback.store import FeedbackStore
from oonib.records import Records

from support.editing import NOW, OTHER, Desk, bearer

PATH = "/api/_/measurement_feedback"
UID = "20260101120000.123456_IT_webconnectivity_0011223344556677"


@pytest.fixture
def desk(records: Records) -> Desk:
    return Desk(
        records, lambda guard: router(FeedbackService(FeedbackStore(records), clock=lambda: NOW), guard)
    )


def give(desk: Desk, status: Any, account: str = "0" * 16, uid: Any = UID) -> tuple[int, Any]:
    answer = desk.post(PATH, {"measurement_uid": uid, "status": status}, bearer(account))
    assert answer.status_code != 200 or answer.headers["cache-control"] == "no-cache"
    return answer.status_code, answer.json()


def test_one_verdict_for_each_account(desk: Desk) -> None:
    assert desk.get(f"{PATH}/{UID}").json() == {"summary": {}}
    assert give(desk, " blocked.dns ", uid=f" {UID}\n") == (200, {})
    assert give(desk, "ok") == (200, {})
    assert give(desk, "ok", OTHER) == (200, {})
    assert give(desk, "blocked", "2" * 32) == (200, {})
    expected: dict[str, Any] = {"summary": {"ok": 2, "blocked": 1}}
    assert desk.get(f"{PATH}/{UID}").json() == expected
    assert desk.get(f"{PATH}/{UID}", {"Authorization": "Bearer undefined"}).json() == expected
    answer = desk.get(f"{PATH}/{UID}", bearer(OTHER))
    assert answer.json() == expected | {"user_feedback": "ok"}
    assert answer.headers["cache-control"] == "no-cache"
    assert desk.get(f"{PATH}/{UID}", bearer("3" * 32)).json() == expected
    assert desk.get(f"{PATH}/{UID}x").json() == {"summary": {}}


def test_every_status(desk: Desk) -> None:
    assert len(STATUSES) == 15
    for number, status in enumerate(sorted(STATUSES)):
        assert give(desk, status, f"{number:032}") == (200, {})
    assert desk.get(f"{PATH}/{UID}").json() == {"summary": dict.fromkeys(sorted(STATUSES), 1)}


def test_who_is_not_logged_in(desk: Desk) -> None:
    for body in ({}, None, {"measurement_uid": UID, "status": "ok"}):
        answer = desk.post(PATH, body)
        assert (answer.status_code, answer.json()["error"]) == (401, "Authentication required")
    assert desk.get(f"{PATH}/{UID}").json() == {"summary": {}}


@pytest.mark.parametrize("status", ["", "OK", "blocked.", "blocked.http", "ok,down", "\uff4fk", "x" * 10_000])
def test_no_status(desk: Desk, status: str) -> None:
    code, body = give(desk, status)
    assert (code, body["error"]) == (400, "Invalid status")


@pytest.mark.parametrize(
    ("uid", "status"),
    [
        ("", "ok"),
        ("short", "ok"),
        (" " * 50, "ok"),
        ("x" * 101, "ok"),
        (UID + "\0", "ok"),
        ("\ud800" * 20, "ok"),
        (None, "ok"),
        (7, "ok"),
        ([UID], "ok"),
        (UID, None),
        (UID, {"$ne": ""}),
        (UID, "ok\0"),
    ],
)
def test_what_cannot_be_kept(desk: Desk, uid: Any, status: Any) -> None:
    assert give(desk, status, uid=uid)[0] == 422


@pytest.mark.parametrize(
    "path", ["%00" * 12, "..%2f..%2fetc%2fpasswd", "x" * 4000, "%F0%9F%92%A9" * 20, "%ff" * 20]
)
def test_uids_that_are_none_have_no_verdicts(desk: Desk, path: str) -> None:
    answer = desk.get(f"{PATH}/{path}", bearer())
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or answer.json() == {"summary": {}}


def test_two_windows_of_one_person(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: give(desk, ("ok", "down")[n % 2])[0], range(16)))
    assert set(done) == {200}
    summary = desk.get(f"{PATH}/{UID}").json()["summary"]
    assert sum(summary.values()) == 1
