"""What the first rows of a window are: asked of the table once a minute, remembered in between.

It decides where a page is looked for, never what is found, so rows that come in meanwhile do no harm.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cachetools import TTLCache

from oonib.measurements.listing import outset
from oonib.measurements.query import Where
from oonib.warehouse.client import Warehouse

_KEPT, _SECONDS = 256, 60.0


@dataclass(frozen=True, slots=True)
class Outset:
    """The first rows of a window: the time of the last of them, and how many each country has."""

    edge: datetime
    countries: Mapping[str, int]


class Outsets:
    """Safe from any thread. Whoever asks first for a window asks the table, with the given settings."""

    def __init__(self, warehouse: Warehouse, settings: Mapping[str, object]) -> None:
        self._warehouse = warehouse
        self._settings = settings
        self._kept: TTLCache[tuple[object, ...], Outset] = TTLCache(_KEPT, _SECONDS)
        self._lock = threading.Lock()

    def of(self, where: Where, within: int, *, descending: bool) -> Outset:
        """Of the `within` first rows of the window. Raises `WarehouseError` kinds."""
        bound = where.window_parameters
        key = (where.window, *bound.items(), within, descending)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            sql = outset(where, descending=descending)
            rows = self._warehouse.select(sql, {**bound, "within": within}, settings=self._settings)
            outermost = min if descending else max
            edge = outermost((row["edge"] for row in rows), default=datetime(1970, 1, 1, tzinfo=UTC))
            kept = Outset(edge, {row["probe_cc"]: row["n"] for row in rows})
            with self._lock:
                self._kept[key] = kept
        return kept
