"""Charts that are kept for a minute."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oonib.web.chart.recent import Recent

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Drawn:
    at: datetime
    size: int


def test_kept_for_a_minute_and_by_what_was_asked() -> None:
    now = NOW
    recent: Recent[Drawn] = Recent(lambda: now)
    drawn = Drawn(NOW, 10)
    now = NOW + timedelta(seconds=10)
    recent.keep(("a",), drawn)
    now = NOW + timedelta(seconds=59)
    assert recent.get(("a",)) is drawn
    assert recent.get(("b",)) is None
    now = NOW + timedelta(seconds=61)
    assert recent.get(("a",)) is None, "counted from when it was asked for"
    recent.keep(("c",), drawn)
    assert recent.get(("c",)) is None, "it took too long to draw"


def test_few_are_kept_and_few_rows() -> None:
    recent: Recent[Drawn] = Recent(lambda: NOW)
    for number in range(100):
        recent.keep(number, Drawn(NOW, 10))
    assert [number for number in range(100) if recent.get(number)] == list(range(36, 100))
    recent.keep("large", Drawn(NOW, 39_375))
    assert [number for number in range(100) if recent.get(number)] == [99]
    recent.keep("larger", Drawn(NOW, 40_001))
    assert recent.get("larger") is None
    recent.keep(1, Drawn(NOW, 40_000))
    assert [key for key in ("large", 99, 1) if recent.get(key)] == [1]
