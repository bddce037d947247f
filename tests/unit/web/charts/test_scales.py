"""Ticks and intervals: what an axis shows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.web.charts.scales import Grain, buckets, date_ticks, floor, next_start, round_ticks, short

GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month", "year")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (10, [0, 5, 10]),
        (133, [0, 50, 100, 150]),
        (1034, [0, 500, 1000, 1500]),
        (0.35, [0, 0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_ticks_are_round(most: float, ticks: list[float]) -> None:
    assert round_ticks(most) == pytest.approx(ticks)


@given(st.integers(1, 10**12))
def test_ticks_reach_the_largest(most: int) -> None:
    ticks = round_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert len(ticks) <= 8
    assert all(tick == int(tick) for tick in ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (12000, "12\u202f000"), (3.5e6, "3.5\u202fM"), (2e9, "2\u202fG")],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("grain", "start", "following"),
    [
        ("hour", "2026-03-04T15:00", "2026-03-04T16:00"),
        ("day", "2026-03-04", "2026-03-05"),
        ("week", "2026-03-01", "2026-03-08"),
        ("month", "2026-03-01", "2026-04-01"),
        ("year", "2026-01-01", "2027-01-01"),
    ],
)
def test_intervals(grain: Grain, start: str, following: str) -> None:
    found = floor(at("2026-03-04T15:16:17"), grain)
    assert found == at(start)
    assert next_start(found, grain) == at(following)


def test_a_month_after_december() -> None:
    assert next_start(at("2026-12-01"), "month") == at("2027-01-01")


@settings(deadline=None, max_examples=80)
@given(
    st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - the zone is added below
    st.integers(0, 400),
    st.sampled_from(GRAINS),
)
def test_labels_are_few_and_in_order(first: datetime, days: int, grain: Grain) -> None:
    since = first.replace(tzinfo=UTC)
    starts = list(buckets(since, since + timedelta(days=days), grain))
    assert starts[0] == floor(since, grain)
    assert all(next_start(one, grain) == other for one, other in pairwise(starts))
    ticks = date_ticks(starts, grain)
    numbers = [number for number, _ in ticks]
    assert 0 < len(ticks) <= 9
    assert numbers == sorted(set(numbers))
    assert len({label for _, label in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("days", "grain", "labels"),
    [
        (2, "day", ["2026-03-01", "2026-03-02", "2026-03-03"]),
        (29, "day", ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]),
        (90, "day", ["2026-03-01", "2026-03-15", "2026-04-01", "2026-04-15", "2026-05-01", "2026-05-15"]),
        (364, "month", ["2026-04", "2026-07", "2026-10", "2027-01"]),
        (3650, "month", ["2028", "2030", "2032", "2034", "2036"]),
    ],
)
def test_labels_are_round_dates(days: int, grain: Grain, labels: list[str]) -> None:
    starts = list(buckets(at("2026-03-01"), at("2026-03-01") + timedelta(days=days), grain))
    assert [label for _, label in date_ticks(starts, grain)] == labels
