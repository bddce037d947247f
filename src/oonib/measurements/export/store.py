"""What an export reads from ClickHouse: what changed, how a day is cut, the slices themselves as Parquet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from oonib.measurements.formats import TABLE_SETTINGS
from oonib.measurements.query import AT_ONCE_A_MONTH
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import FASTPATH_COLUMNS

SLICE_ROWS = 200_000
"""Rows of one file, at most, unless a single minute has more: the embedded server builds a file in memory."""

_COLUMNS = ", ".join(FASTPATH_COLUMNS)
_WITHIN = (
    "measurement_start_time >= {since:DateTime('UTC')} AND measurement_start_time < {until:DateTime('UTC')}"
)
# The parts of this module are put together here; values are parameters.
_STATES = f"""
SELECT toDate(measurement_start_time, 'UTC') AS day, count() AS n,
    groupBitXor(sipHash64(uid_hash, measurement_start_time, update_time)) AS digest
FROM fastpath_axes FINAL WHERE {_WITHIN} GROUP BY day ORDER BY day"""  # noqa: S608
_MINUTES = f"""
SELECT toStartOfMinute(measurement_start_time, 'UTC') AS minute, count() AS n
FROM fastpath FINAL WHERE {_WITHIN} GROUP BY minute ORDER BY minute"""  # noqa: S608
_SLICE = f"""
SELECT {_COLUMNS} FROM fastpath FINAL WHERE {_WITHIN}
ORDER BY measurement_start_time, measurement_uid, report_id, input"""  # noqa: S608
_TYPES = "DESCRIBE TABLE fastpath"
_SETTINGS = {**AT_ONCE_A_MONTH, "priority": 5}
_PARQUET = {**TABLE_SETTINGS, "output_format_parquet_compression_method": "zstd"}
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of time and the measurements in it. Times are UTC, `until` is excluded."""

    since: datetime
    until: datetime
    rows: int


class ExportStore:
    """Every method raises `WarehouseError` kinds."""

    def __init__(self, warehouse: Warehouse, *, slice_rows: int = SLICE_ROWS) -> None:
        self._warehouse = warehouse
        self._slice_rows = slice_rows

    def states(self, since: date, until: date) -> dict[date, str]:
        """For each day that has measurements, a word that changes when any of them is scored again."""
        rows = self._select(_STATES, _bounds(since, until))
        return {row["day"]: f"{row['n']}-{row['digest']:016x}" for row in rows}

    def slices(self, day: date) -> list[Slice]:
        """The day cut at whole minutes."""
        minutes = [(row["minute"], row["n"]) for row in self._select(_MINUTES, _bounds(day, _next(day)))]
        end = datetime.combine(_next(day), time(), UTC)
        return list(cut(minutes, datetime.combine(day, time(), UTC), end, self._slice_rows))

    def parquet(self, piece: Slice) -> Iterator[bytes]:
        """A slice as a Parquet file, ordered by time."""
        bounds = {"since": piece.since, "until": piece.until}
        return self._warehouse.stream_bytes(
            _SLICE, bounds, form="Parquet", settings={**_SETTINGS, **_PARQUET}, timeout=_SECONDS
        )

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each column of the files."""
        types = {row["name"]: row["type"] for row in self._warehouse.select(_TYPES)}
        return tuple((name, types[name]) for name in FASTPATH_COLUMNS)

    def _select(self, sql: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        return self._warehouse.select(sql, parameters, settings=_SETTINGS, timeout=_SECONDS)


def cut(minutes: list[tuple[datetime, int]], since: datetime, end: datetime, most: int) -> Iterator[Slice]:
    """Slices without gaps from `since` to `end`, of at most `most` rows or a single minute. Pure."""
    rows = 0
    for minute, count in minutes:
        if rows and rows + count > most:
            yield Slice(since, minute, rows)
            since, rows = minute, 0
        rows += count
    if rows:
        yield Slice(since, end, rows)


def _bounds(since: date, until: date) -> dict[str, object]:
    return {
        "since": datetime.combine(since, time(), UTC),
        "until": datetime.combine(until, time(), UTC),
    }


def _next(day: date) -> date:
    return day + timedelta(days=1)
