"""Windows of the statistics (data contract 5)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.statistics.countries import NAMES
from oonib.measurements.statistics.windows import Window, days_before, half_year, midnight, two_years
from oonib.model.nettests import CIRCUMVENTION_TOOLS, GROUPS
from oonib.model.nettests import NAMES as TESTS

DAYS = st.dates(date(2012, 12, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 3, 5), date(2025, 9, 5)),
        (date(2026, 8, 31), date(2026, 2, 28)),
        (date(2024, 8, 30), date(2024, 2, 29)),
        (date(2026, 1, 31), date(2025, 7, 31)),
        (date(2026, 6, 30), date(2025, 12, 30)),
    ],
)
def test_half_a_year_ago(today: date, first: date) -> None:
    assert half_year(today, until=today) == Window(first, today)


@given(DAYS)
def test_two_years_are_25_months(today: date) -> None:
    window = two_years(today)
    assert window.first.day == window.end.day == 1
    assert (window.first.year, window.first.month) == (today.year - 2, today.month)
    assert window.end - timedelta(days=31) <= today < window.end
    assert len({(day.year, day.month) for day in window.days()}) == 25


@given(DAYS, st.integers(0, 40), st.integers(0, 40))
def test_days(today: date, most: int, least: int) -> None:
    days = list(days_before(today, most, least).days())
    assert len(days) == max(0, most - least)
    assert all(timedelta(days=least) < today - day <= timedelta(days=most) for day in days)


def test_midnight() -> None:
    assert midnight(date(2030, 1, 2)) == "2030-01-02T00:00:00+00:00"


def test_countries() -> None:
    assert len(NAMES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in NAMES)
    assert len(set(NAMES.values())) == 249
    assert not NAMES.keys() & {"ZZ", "EU", "AP", "XK"}
    assert (NAMES["IT"], NAMES["CD"], NAMES["BA"], NAMES["MM"]) == (
        "Italy",
        "Congo - Kinshasa",
        "Bosnia",
        "Myanmar",
    )


def test_every_nettest_is_in_one_group() -> None:
    grouped = [test for tests in GROUPS.values() for test in tests]
    assert sorted(grouped) == sorted(TESTS)
    assert list(GROUPS) == sorted(GROUPS)
    assert set(CIRCUMVENTION_TOOLS) <= set(TESTS)
