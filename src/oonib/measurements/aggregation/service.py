"""Counting measurements: from what is asked to what is answered (data contract 3). Knows no HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from oonib.measurements.aggregation.query import columns, counting
from oonib.measurements.aggregation.reading import Aggregation, read_aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.asking import begun
from oonib.measurements.gate import Gates
from oonib.warehouse.client import Summary

AGGREGATION_PATH = "/api/v1/aggregation"
_AT_ONCE = 5000
"""Groups of an answer that are in hand before it begins; more follow as a stream."""

_SETTLED = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer. `rest` goes on where `rows` ends, in those too long to be held at once."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    rest: Iterator[tuple[Any, ...]] | None
    cost: Summary


class AggregationService:
    """Counts measurements."""

    def __init__(self, store: AggregationStore, gates: Gates, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._gates = gates
        self._clock = clock

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What is meant now by what was asked. Raises `EqualAxes` and `OonibError` kinds."""
        return read_aggregation(asked, self._clock())

    def is_settled(self, aggregation: Aggregation) -> bool:
        """Whether its time is so long over that hardly anything new comes in."""
        return aggregation.until < self._clock() - _SETTLED

    def count(self, aggregation: Aggregation) -> Counted:
        """The counts. Raises `OonibError` kinds."""
        costs = [Summary()]
        rows, rest = begun(self._gates, lambda: self._store.rows(aggregation, costs.append), _AT_ONCE)
        return Counted(columns(aggregation), rows, rest, costs[-1])

    def table(
        self, aggregation: Aggregation, form: Literal["Parquet", "ArrowStream"]
    ) -> tuple[list[bytes], Iterator[bytes] | None]:
        """The counts as a file: its first piece and the rest. Raises `OonibError` kinds."""
        return begun(self._gates, lambda: self._store.table(aggregation, form), 1)

    @staticmethod
    def explain(aggregation: Aggregation) -> dict[str, Any]:
        """The query of an answer and the values bound in it."""
        return {"sql": counting(aggregation), "parameters": aggregation.where.parameters}
