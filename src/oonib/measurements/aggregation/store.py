"""What is read from ClickHouse to count measurements."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from oonib.measurements.aggregation.query import counting
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.asking import LONG_ANSWER, cost_limits
from oonib.measurements.formats import TABLE_SETTINGS
from oonib.measurements.query import AT_ONCE_A_MONTH
from oonib.warehouse.client import Summary, Warehouse

_PRIORITY = {"priority": 4}


class AggregationStore:
    """Counts measurements, each once. Every method raises `WarehouseError` kinds when it is read from."""

    def __init__(self, warehouse: Warehouse, *, most_rows: int) -> None:
        self._warehouse = warehouse
        self._settings: dict[str, object] = {
            **AT_ONCE_A_MONTH,
            **_PRIORITY,
            **LONG_ANSWER,
            **cost_limits(most_rows),
        }

    def rows(self, asked: Aggregation, note_cost: Callable[[Summary], None]) -> Iterator[tuple[Any, ...]]:
        """Rows of the columns of `query.columns`, in the order of the axes."""
        return self._warehouse.stream(
            counting(asked), asked.where.parameters, settings=self._settings, note_cost=note_cost
        )

    def table(self, asked: Aggregation, form: Literal["Parquet", "ArrowStream"]) -> Iterator[bytes]:
        """The same as a file."""
        return self._warehouse.stream_bytes(
            counting(asked), asked.where.parameters, form=form, settings={**self._settings, **TABLE_SETTINGS}
        )
