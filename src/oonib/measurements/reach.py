"""How far into a window its first rows go: asked of the table once a minute, remembered in between.

Only how much is read depends on it, never what is found, so rows that come in meanwhile do no harm.
"""

import threading
from collections.abc import Mapping
from datetime import datetime

from cachetools import TTLCache

from oonib.measurements.listing import reach
from oonib.measurements.query import Where
from oonib.warehouse.client import Warehouse

_KEPT, _SECONDS = 512, 60.0


class Reach:
    """Safe from any thread. Whoever asks first for a window asks the table, with the given settings."""

    def __init__(self, warehouse: Warehouse, settings: Mapping[str, object]) -> None:
        self._warehouse = warehouse
        self._settings = settings
        self._edges: TTLCache[tuple[object, ...], datetime] = TTLCache(_KEPT, _SECONDS)
        self._lock = threading.Lock()

    def of(self, where: Where, within: int, *, descending: bool) -> datetime:
        """The time of the last of the `within` first rows of the window. Raises `WarehouseError` kinds."""
        bound = where.window_parameters
        key = (where.window, *bound.items(), within, descending)
        with self._lock:
            edge = self._edges.get(key)
        if edge is None:
            sql = reach(where, descending=descending)
            found = self._warehouse.select(sql, {**bound, "within": within}, settings=self._settings)
            edge = found[0]["edge"]
            with self._lock:
                self._edges[key] = edge
        return edge
