"""Windows, refill and charges against a slow model, and the values of the data contract 6.3."""

from dataclasses import replace
from fractions import Fraction

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from oonib.quota.levels import Levels, Limits, Standing
from oonib.settings import BadSettings, Settings, load

HOUR = 3600
LIMITS = Limits.of(4000, 20_000, 60_000)
T0 = 1_800_000_000.0


def levels(day: float, week: float = 20_000, month: float = 60_000, at: float = T0) -> Levels:
    return Levels((day, week, month), at)


def test_the_windows_of_the_contract() -> None:
    assert [(w.name, w.length / HOUR, w.limit) for w in LIMITS.windows] == [
        ("day", 24, 4000),
        ("week", 168, 20_000),
        ("month", 720, 60_000),
    ]


def test_the_defaults_are_those_of_the_contract_and_consistent() -> None:
    settings = Settings()
    given_limits = (settings.quota_day_seconds, settings.quota_week_seconds, settings.quota_month_seconds)
    assert given_limits == (4000, 20_000, 60_000)
    assert settings.quota_unmetered_networks == []
    # A window that allows no more than a shorter one already does would be pointless, and the other way round
    # one that the shorter ones could never use up.
    assert given_limits[0] < given_limits[1] < 7 * given_limits[0]
    assert given_limits[1] < given_limits[2] < 5 * given_limits[1]


@pytest.mark.parametrize(
    "bad",
    [
        {"OONIB_QUOTA_WEEK_SECONDS": "3999"},
        {"OONIB_QUOTA_MONTH_SECONDS": "19999"},
        {"OONIB_QUOTA_DAY_SECONDS": "0"},
        {"OONIB_QUOTA_DAY_SECONDS": "nan"},
        {"OONIB_QUOTA_MONTH_SECONDS": "inf"},
        {"OONIB_QUOTA_UNMETERED_NETWORKS": "192.0.2.0/33"},
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="quota"):
        load(environ=bad)


@pytest.mark.parametrize("bad", [(0, 1, 1), (2, 1, 3), (1, 3, 2), (1, 2, float("inf")), (-1, 1, 1)])
def test_limits_that_make_no_sense_are_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="day <= week <= month"):
        Limits.of(*bad)


@pytest.mark.parametrize(
    ("hours", "left"),
    [(0, 0), (6, 1000), (12, 2000), (24, 4000), (48, 4000)],
)
def test_refill_is_even(hours: float, left: float) -> None:
    after = levels(0).refilled(LIMITS, T0 + hours * HOUR)
    assert after.left[0] == pytest.approx(left)


def test_a_charge_takes_from_all_windows_at_once() -> None:
    assert levels(4000).charged(LIMITS, 28).left == (3972, 19_972, 59_972)


def test_a_charge_beyond_what_is_left_counts() -> None:
    after = Standing(levels(1).charged(LIMITS, 28), LIMITS)
    assert after.exhausted
    assert after.remaining == 0
    assert after.levels.left[0] == -10


def test_a_little_debt_is_the_most() -> None:
    after = levels(1).charged(LIMITS, 1e9)
    assert after.left == (-10, -10, -10)
    small = Limits.of(1, 2, 3)
    assert Levels.full(small, T0).charged(small, 1e9).left == (-0.01, -0.02, -0.03)


def test_exhausted_means_until_retry_after() -> None:
    empty = levels(-10)
    wait = Standing(empty, LIMITS).retry_after
    assert wait == 217
    assert not Standing(empty.refilled(LIMITS, T0 + wait), LIMITS).exhausted
    assert Standing(empty.refilled(LIMITS, T0 + wait - 2), LIMITS).exhausted


def test_the_tightest_window_is_told() -> None:
    standing = Standing(levels(4000, week=120.9), LIMITS)
    assert standing.remaining == 120
    assert standing.tightest[0].name == "week"
    assert standing.full_after == pytest.approx((20_000 - 120.9) / (20_000 / 604_800), abs=1)


@pytest.mark.parametrize(
    "record",
    [
        None,
        b"",
        b"x" * 31,
        b"\xff" * 32,
        levels(float("nan")).encode(),
        levels(float("-inf")).encode(),
        levels(0, at=float("nan")).encode(),
        levels(0, at=T0 + 61).encode(),
    ],
)
def test_records_that_cannot_be_true_count_as_unknown(record: bytes | None) -> None:
    assert Levels.decode(record, LIMITS, T0) == Levels.full(LIMITS, T0)


def test_limits_that_were_lowered_hold_for_old_records() -> None:
    lower = Limits.of(10, 20, 30)
    assert Levels.decode(levels(4000).encode(), lower, T0).left == (10, 20, 30)
    assert Levels.decode(levels(-10).encode(), lower, T0).left[0] == -0.1


@given(st.binary(max_size=40), st.floats(0, 4e9))
def test_any_record_is_understood(record: bytes, now: float) -> None:
    after = Levels.decode(record, LIMITS, now)
    assert all(w.floor <= left <= w.limit for left, w in zip(after.left, LIMITS.windows, strict=True))
    assert Levels.decode(after.encode(), LIMITS, now) == after


class Bucket:
    """One window, by the definition and with exact numbers."""

    def __init__(self, limit: float, length: float, floor: float) -> None:
        self.limit, self.length, self.floor = Fraction(limit), Fraction(length), Fraction(floor)
        self.left = self.limit

    def wait(self, seconds: float) -> None:
        self.left = min(self.limit, self.left + self.limit * Fraction(seconds) / self.length)

    def charge(self, seconds: float) -> None:
        self.left = max(self.floor, self.left - Fraction(seconds))


class Windows(RuleBasedStateMachine):
    """Waiting and charging in any order, through stored records."""

    @initialize(day=st.floats(1, 1e5), more=st.floats(1, 20), most=st.floats(1, 20))
    def begin(self, day: float, more: float, most: float) -> None:
        self.limits = Limits.of(day, day * more, day * more * most)
        self.now = T0
        self.levels = Levels.full(self.limits, self.now)
        self.model = [Bucket(w.limit, w.length, w.floor) for w in self.limits.windows]

    @rule(seconds=st.floats(0, 1e6))
    def wait(self, seconds: float) -> None:
        later = self.now + seconds
        for bucket in self.model:
            bucket.wait(later - self.now)
        self.now = later

    @rule(seconds=st.one_of(st.floats(0, 60), st.floats(0, 1e5)))
    def charge(self, seconds: float) -> None:
        current = Levels.decode(self.levels.encode(), self.limits, self.now)
        self.levels = current.charged(self.limits, seconds)
        for bucket in self.model:
            bucket.charge(seconds)

    @rule(seconds=st.floats(0, 59))
    def clock_goes_back(self, seconds: float) -> None:
        before = self.levels
        behind = Levels.decode(before.encode(), self.limits, before.at - seconds)
        assert behind.left == before.left

    @invariant()
    def same_as_model(self) -> None:
        if not hasattr(self, "levels"):
            return
        seen = Levels.decode(self.levels.encode(), self.limits, self.now)
        for left, bucket in zip(seen.left, self.model, strict=True):
            assert left == pytest.approx(float(bucket.left), rel=1e-6, abs=1e-3)
        standing = Standing(seen, self.limits)
        assert 0 <= standing.remaining <= min(w.limit for w in self.limits.windows)
        if standing.exhausted:
            wait = standing.retry_after
            assert not replace(standing, levels=seen.refilled(self.limits, self.now + wait)).exhausted


TestWindows = Windows.TestCase
TestWindows.settings = hypothesis.settings(max_examples=40, deadline=None)
