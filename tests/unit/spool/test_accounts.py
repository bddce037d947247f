"""The ledger of the spool: both sides are counted by themselves, so a loss shows."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.spool import CanState, DeadLetter, Group, Limits, Spool, SpoolBusy, Submission, Tally

from support.archiving import START, submit, submit_all

HOUR = "2026030210"


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool" / "spool.sqlite", Limits(disk_reserve=0))
    yield opened
    opened.close()


def archive(spool: Spool) -> None:
    """Take everything that waits through a can, as far as a release."""
    for group in spool.cans.waiting("A"):
        seqs = [seq for seq, _, _ in spool.cans.candidates(group)]
        number = spool.cans.next_number(group, "1")
        spool.cans.advance(spool.cans.plan(group, "1", number, seqs), CanState.INDEXED)
    for can in spool.cans.unfinished():
        spool.cans.release(can)


def test_an_hour_adds_up_on_its_way(spool: Spool) -> None:
    submit_all(spool, [b"%d" % n for n in range(6)])
    submit_all(spool, [b"later"], received=START + timedelta(hours=1))
    first, later = spool.accounts()
    assert (first.hour, first.accepted, first.in_flight, first.unarchived) == (HOUR, 6, 6, 6)
    assert (later.hour, later.accepted, later.in_flight) == ("2026030211", 1, 1)
    tallies = [
        Tally(HOUR, "scored", "", 2),
        Tally(HOUR, "rejected", "old", 1),
        Tally(HOUR, "dead_letter", "w", 1),
    ]
    spool.settle(4, tallies, [DeadLetter(4, "u", "w")])
    archive(spool)
    (found, _) = spool.accounts()
    assert (found.scored, found.rejected, found.dead_letters) == (2, {"old": 1}, {"w": 1})
    assert (found.in_flight, found.archived, found.unarchived) == (2, 6, 0)
    assert found.adds_up
    assert [account.hour for account in spool.accounts("2026030211")] == ["2026030211"]
    assert [account.hour for account in spool.accounts("", "2026030211")] == [HOUR]
    assert spool.latest_hours("", "A", 1) == ["2026030211"]


def test_an_entry_that_vanishes_is_missing(spool: Spool, tmp_path: Path) -> None:
    submit_all(spool, [b"1", b"2", b"3"])
    with closing(sqlite3.connect(tmp_path / "spool" / "spool.sqlite")) as connection:
        connection.execute("DELETE FROM entry WHERE seq = 2")
        connection.commit()
    (found,) = spool.accounts()
    assert (found.missing, found.missing_in_archive, found.adds_up) == (1, 1, False)


def test_an_entry_that_vanishes_from_a_can_is_not_archived(spool: Spool, tmp_path: Path) -> None:
    submit_all(spool, [b"1", b"2", b"3"])
    can = spool.cans.plan(Group(HOUR, "BR", "webconnectivity", 3), "1", 0, [1, 2, 3])
    with closing(sqlite3.connect(tmp_path / "spool" / "spool.sqlite")) as connection:
        connection.execute("DELETE FROM entry WHERE seq = 2")
        connection.commit()
    spool.cans.advance(can, CanState.INDEXED)
    (found,) = spool.accounts()
    assert (found.archived, found.missing_in_archive) == (2, 1)


def test_a_count_made_twice_shows_as_well(spool: Spool) -> None:
    submit_all(spool, [b"1"])
    spool.settle(1, [Tally(HOUR, "scored", "", 2)])
    assert spool.accounts()[0].missing == -1


def test_removal_keeps_the_balance(spool: Spool) -> None:
    uids = list(submit_all(spool, [b"%d" % n for n in range(4)]))
    assert not spool.remove("20260302101500.999999_BR_webconnectivity_0000000000000000")
    assert spool.remove(uids[3])  # before it was scored
    spool.settle(
        2, [Tally(HOUR, "scored", "", 1), Tally(HOUR, "dead_letter", "w", 1)], [DeadLetter(2, uids[1], "w")]
    )
    assert spool.remove(uids[0])  # scored, not archived
    assert spool.remove(uids[1])  # a dead letter
    assert spool.dead_letters() == []
    (found,) = spool.accounts()
    assert (found.removed_unscored, found.removed_unarchived) == (1, 3)
    assert found.adds_up
    assert spool.body(uids[0]) is None
    # The same bytes from a probe get a new uid, and are known by their digest.
    digest = hashlib.sha256(b"0" + uids[0].encode()).digest()[:20]
    again = Submission(uids[0].replace("101500", "101501"), "", digest, b"0")
    receipt = spool.submit(again).result(10)
    assert (receipt.uid, receipt.duplicate) == (uids[0], True)
    assert spool.body(uids[0]) is None
    assert spool.accounts()[0].adds_up


def test_what_is_being_archived_is_not_removed(spool: Spool) -> None:
    uids = list(submit_all(spool, [b"1", b"2"]))
    can = spool.cans.plan(Group(HOUR, "BR", "webconnectivity", 2), "1", 0, [1, 2])
    with pytest.raises(SpoolBusy, match="oonib archive pack"):
        spool.remove(uids[0])
    spool.cans.advance(can, CanState.INDEXED)
    assert spool.remove(uids[0])
    (found,) = spool.accounts()
    assert (found.archived, found.removed_unscored, found.removed_unarchived) == (2, 1, 0)
    assert found.adds_up


def test_a_letter_is_settled_once(spool: Spool) -> None:
    (uid,) = submit_all(spool, [b"1"])
    spool.settle(1, [Tally(HOUR, "dead_letter", "w", 1)], [DeadLetter(1, uid, "w", "d")])
    letter = spool.letters.find(uid)
    assert letter is not None
    assert letter.at > 0
    assert spool.letters.settle(letter, "dead_letter", "other", "still")
    assert spool.accounts()[0].dead_letters == {"other": 1}
    assert not spool.letters.settle(letter, "scored"), "the letter is another one by now"
    again = spool.letters.find(uid)
    assert again is not None
    assert (again.reason, again.detail) == ("other", "still")
    assert spool.letters.settle(again, "scored")
    assert not spool.letters.settle(again, "scored")
    (found,) = spool.accounts()
    assert (found.scored, found.dead_letter, found.dead_letters, found.adds_up) == (1, 0, {}, True)


def test_letters_by_reason_in_pages(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oonib.spool.letters._PAGE", 2)
    letters = [DeadLetter(n, f"u{n}", "ab"[n % 2]) for n in range(5)]
    spool.settle(5, [], letters)
    assert [letter.seq for letter in spool.letters.all()] == [0, 1, 2, 3, 4]
    assert [letter.seq for letter in spool.letters.all("b")] == [1, 3]
    assert [letter.seq for letter in spool.dead_letters(2)] == [4, 3]


STEPS = st.lists(
    st.sampled_from(["submit", "score", "reject", "die", "retry", "archive", "remove"]), max_size=40
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_adds_up_whatever_happens(steps: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    spool = Spool(tmp_path_factory.mktemp("any") / "spool.sqlite", Limits(disk_reserve=0))
    accepted: list[str] = []
    try:
        for step in steps:
            _take(spool, step, accepted)
            for account in spool.accounts():
                assert account.adds_up
                assert account.accepted == len(accepted)
    finally:
        spool.close()


def _take(spool: Spool, step: str, accepted: list[str]) -> None:
    if step == "submit":
        accepted.append(
            submit(spool, b"%d" % len(accepted), received=START + timedelta(seconds=len(accepted)))
        )
    elif step in ("score", "reject", "die"):
        kind, reason = {"score": ("scored", ""), "reject": ("rejected", "r"), "die": ("dead_letter", "w")}[
            step
        ]
        for entry in spool.after(spool.mark(), limit=1, max_bytes=1):
            dead = [DeadLetter(entry.seq, entry.uid, "w")] if step == "die" else []
            spool.settle(entry.seq, [Tally(HOUR, kind, reason, 1)], dead)
    elif step == "retry":
        for letter in list(spool.letters.all()):
            spool.letters.settle(letter, "scored")
    elif step == "archive":
        archive(spool)
    elif accepted:
        spool.remove(accepted[len(accepted) // 2])
