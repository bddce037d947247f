"""The chart's pages over the real aggregation, whose rows the test gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from oonib.measurements.aggregation.query import columns
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.warehouse.client import Summary
from oonib.warehouse.errors import WarehouseError
from oonib.web.chart import ChartService
from oonib.web.chart.routes import router

from support.pages import BASE, Client, make_app, make_desk

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@dataclass
class Rows:
    """Stands for what is read from ClickHouse: dicts of axes and the four outcomes."""

    found: list[dict[str, Any]] = field(default_factory=list)
    error: WarehouseError | None = None
    asked: list[Aggregation] = field(default_factory=list)

    def rows(self, asked: Aggregation, _note: Callable[[Summary], None]) -> Iterator[tuple[Any, ...]]:
        """In the order of the columns."""
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        for row in self.found:
            total = sum(value for name, value in row.items() if name.endswith("_count"))
            yield tuple({**row, "measurement_count": total}[name] for name in columns(asked))


@dataclass
class Charts:
    """The pages and what lies behind them."""

    client: Client
    rows: Rows
    service: ChartService


def row(ok: int = 90, anomaly: int = 8, confirmed: int = 2, failure: int = 1, **axes: Any) -> dict[str, Any]:
    """A row of counts."""
    return {
        **axes,
        "ok_count": ok,
        "anomaly_count": anomaly,
        "confirmed_count": confirmed,
        "failure_count": failure,
    }


@pytest.fixture
def charts() -> Charts:
    rows = Rows([row(measurement_start_day=f"2026-02-{day:02}") for day in (20, 21, 25)])
    aggregation = AggregationService(cast("AggregationStore", rows), Gates(), lambda: NOW)
    service = ChartService(aggregation, base_url=BASE, clock=lambda: NOW)
    desk = make_desk()
    app = make_app(desk)
    app.include_router(router(desk, service))
    return Charts(Client(app), rows, service)
