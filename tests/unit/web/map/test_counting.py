"""The counts behind the map: which countries tell something; the last counts outlive the database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from oonib.errors import Unavailable
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.warehouse.client import Summary
from oonib.warehouse.errors import WarehouseUnavailable
from oonib.web.map import CountryCounts, WorldService

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


class Rows:
    """Stands for what is read from ClickHouse."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    def rows(self, _asked: Aggregation, _note: Callable[[Summary], None]) -> Iterator[tuple[Any, ...]]:
        """Country, then anomaly, confirmed, failure, ok and all."""
        self.asked += 1
        if self.away:
            raise WarehouseUnavailable(0, "away")
        yield from [("BR", 1, 0, 4, 95, 100), ("IR", 20, 20, 0, 60, 100), ("AD", 3, 0, 0, 0, 3)]


def make(rows: Rows, passed: Callable[[], float]) -> WorldService:
    aggregation = AggregationService(cast("AggregationStore", rows), Gates(), lambda: NOW)
    return WorldService(aggregation, lambda: NOW, passed)


def test_most_interference_first_and_few_measurements_last() -> None:
    world = make(Rows(), lambda: 0.0).world()
    assert (world.since, world.until) == ("2026-02-01", "2026-03-03")
    assert world.countries == [
        CountryCounts("IR", 100, 20, 20, 0),
        CountryCounts("BR", 100, 1, 0, 4),
        CountryCounts("AD", 3, 3, 0, 0),
    ]
    assert [(one.share, one.tells) for one in world.countries] == [(0.4, True), (0.01, True), (1.0, False)]


def test_the_last_counts_outlive_the_database() -> None:
    rows, now = Rows(), [0.0]
    service = make(rows, lambda: now[0])
    world = service.world()
    rows.away = True
    now[0] = 1.0
    assert service.world() is world
    assert rows.asked == 2


def test_without_any_counts_it_says_so() -> None:
    rows = Rows()
    rows.away = True
    with pytest.raises(Unavailable):
        make(rows, lambda: 0.0).world()
