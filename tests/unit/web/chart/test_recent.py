"""Charts that are kept for a minute."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oonib.web.chart.recent import Recent

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Drawn:
    at: datetime


def test_kept_for_a_minute_and_by_what_was_asked() -> None:
    recent: Recent[Drawn] = Recent()
    drawn = Drawn(NOW)
    recent.keep(("a",), drawn, 10)
    assert recent.get(("a",), NOW + timedelta(seconds=60)) is drawn
    assert recent.get(("a",), NOW + timedelta(seconds=61)) is None
    assert recent.get(("b",), NOW) is None


def test_few_are_kept_and_few_rows() -> None:
    recent: Recent[Drawn] = Recent()
    for number in range(100):
        recent.keep(number, Drawn(NOW), 10)
    assert [number for number in range(100) if recent.get(number, NOW)] == list(range(36, 100))
    recent.keep("large", Drawn(NOW), 39_985)
    assert [number for number in range(100) if recent.get(number, NOW)] == [99]
    recent.keep("large", Drawn(NOW), 40_001)
    assert not any(recent.get(key, NOW) for key in ("large", 99))
    recent.keep(1, Drawn(NOW), 40_000)
    assert recent.get(1, NOW) is not None
