"""The stretches of time that statistics are about, and series over them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

FIRST_DAY = date(2012, 12, 1)
"""Nothing of the archive is older; what says so has a wrong clock."""


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days, from the first (included) to `end` (not included). Times are UTC."""

    first: date
    end: date

    def days(self) -> Iterator[date]:
        """Each of them."""
        return (self.first + timedelta(days=number) for number in range((self.end - self.first).days))

    def bounds(self) -> dict[str, object]:
        """As the parameters `since` and `until` of a query."""
        return {
            "since": datetime.combine(self.first, time(), UTC),
            "until": datetime.combine(self.end, time(), UTC),
        }


def days_before(today: date, most: int, least: int = 0) -> Window:
    """From `most` days before today to (not including) `least` days before it."""
    return Window(today - timedelta(days=most), today - timedelta(days=least))


def half_year(today: date, *, until: date) -> Window:
    """From the same day six months ago, or the last of that month where it has no such day."""
    month = _months_before(today, 6)
    last = _months_before(today, 5) - timedelta(days=1)
    return Window(min(month.replace(day=1) + timedelta(days=today.day - 1), last), until)


def two_years(today: date) -> Window:
    """From the start of the month two years ago to the end of the current one."""
    return Window(_months_before(today, 24), _months_before(today, -1))


def _months_before(today: date, months: int) -> date:
    """The first day of a month."""
    number = today.year * 12 + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date) -> str:
    """`2030-01-02T00:00:00+00:00`, as some answers write a day."""
    return f"{day.isoformat()}T00:00:00+00:00"
