"""The pure parts: ledger, texts; and the snapshot that keeps a slow dependency from holding up a page."""

import threading
import time

import pytest

from oonib.spool import Tally
from oonib.web import ledger
from oonib.web.snapshot import Patience, Snapshot
from oonib.web.text import prose, shown

from .conftest import NOW


def test_ledger_has_each_hour_and_their_sum() -> None:
    view = ledger.view(
        [
            Tally("2026030210", "accepted", "", 10),
            Tally("2026030210", "scored", "", 6),
            Tally("2026030210", "rejected", "cc_zz", 1),
            Tally("2026030210", "dead_letter", "corrupt_body", 1),
            Tally("2026030111", "accepted", "", 5),
            Tally("2026030110", "accepted", "", 99),
            Tally("2026030210", "a later outcome", "", 7),
        ],
        NOW,
    )
    assert [hours.hour for hours in view.hours][::23] == ["2026030111", "2026030210"]
    assert (view.total.accepted, view.total.in_flight) == (15, 7)
    assert (view.most, view.busy_hours) == (10, 2)
    assert [bar.height for bar in view.bars if bar.height] == [48, 96]


def test_an_empty_ledger() -> None:
    view = ledger.view([], NOW)
    assert (view.total.accepted, view.most, len(view.hours)) == (0, 0, 24)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("https://a.example/", "https://a.example/"),
        ("زاد", "زاد"),
        ("a\u202eb\0\n", "a\\u202eb\\u0000\\u000a"),
        ("x" * 200, "x" * 160 + "…"),
    ],
)
def test_invisible_characters_are_spelled_out(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_prose() -> None:
    assert (
        prose("One <b> `a<b`\nline.\n\nTwo.") == "<p>One &lt;b&gt; <code>a&lt;b</code> line.</p><p>Two.</p>"
    )
    assert prose("a ` alone") == "<p>a ` alone</p>"
    assert prose("") == ""


def test_snapshot_does_not_wait_for_a_hanging_dependency() -> None:
    release = threading.Event()
    snapshot = Snapshot("x", lambda: release.wait(60), Patience(0.0, 60.0, 0.01, 0.05))
    started = time.monotonic()
    assert [snapshot.get() for _ in range(3)] == [None] * 3
    assert time.monotonic() - started < 30
    release.set()
    deadline = time.monotonic() + 30
    while snapshot.get() is None:
        assert time.monotonic() < deadline


def test_snapshot_shares_one_look_and_forgets_what_is_old() -> None:
    now = 0.0
    looks = []

    def load() -> int:
        looks.append(now)
        if len(looks) == 2:
            raise OSError("away")
        return len(looks)

    snapshot = Snapshot("x", load, Patience(2.0, 30.0, 60.0, 60.0), clock=lambda: now)
    assert [snapshot.get(), snapshot.get()] == [1, 1]
    now = 3.0
    assert snapshot.get() is None
    now = 40.0
    assert snapshot.get() == 3
    assert looks == [0.0, 3.0, 40.0]
