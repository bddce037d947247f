"""Rows that were published, and how new ones differ from them."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from oonib.archive.reading import Problem
from oonib.archive.verify.differences import difference
from oonib.fastpath.reprocess.comparing import plain_scores
from oonib.fastpath.worker import Outcome
from oonib.scoring import FASTPATH_COLUMNS
from oonib.warehouse.ports import Selects

_AT = {name: number for number, name in enumerate(FASTPATH_COLUMNS)}
_SNAPSHOT = "fingerprints_snapshot"
_STORED = """
SELECT {columns} FROM fastpath
WHERE measurement_start_time >= {{first:DateTime('UTC')}}
    AND measurement_start_time <= {{last:DateTime('UTC')}}
    AND measurement_uid IN {{uids:Array(String)}}
ORDER BY update_time DESC LIMIT 1 BY measurement_uid
""".format(columns=", ".join(FASTPATH_COLUMNS))
_BATCH = 2000
_AT_ONCE = 8
_SHOWN = 80


class RowsAway(Exception):
    """The published rows cannot be asked for."""


class Published(Protocol):
    """Where published rows come from."""

    def rows(self, uids: Sequence[str], first: datetime, last: datetime) -> Mapping[str, Mapping[str, Any]]:
        """The newest rows of these measurements by uid; perhaps not of all columns."""


class FromTable:
    """Rows of ClickHouse. Raises `WarehouseError`."""

    def __init__(self, warehouse: Selects) -> None:
        self._warehouse = warehouse

    def rows(self, uids: Sequence[str], first: datetime, last: datetime) -> Mapping[str, Mapping[str, Any]]:
        """As `Published` has it."""
        parameters = {"uids": list(uids), "first": first, "last": last}
        return {row["measurement_uid"]: row for row in self._warehouse.select(_STORED, parameters)}


class FromApi:
    """Rows as an API tells them, a few at a time. Close it. Raises `RowsAway`."""

    def __init__(self, url: str, seconds: float = 60.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=seconds)
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def close(self) -> None:
        """Let go of connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def rows(self, uids: Sequence[str], first: datetime, last: datetime) -> Mapping[str, Mapping[str, Any]]:
        """As `Published` has it; times do not matter here."""
        del first, last
        found = self._pool.map(self._row, uids)
        return {uid: row for uid, row in zip(uids, found, strict=True) if row}

    def _row(self, uid: str) -> dict[str, Any]:
        try:
            answer = self._client.get("/api/v1/measurement_meta", params={"measurement_uid": uid})
            answer.raise_for_status()
            told = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise RowsAway(f"{self._client.base_url}: {type(exc).__name__}: {exc}") from exc
        if not isinstance(told, dict) or not told:
            return {}
        names = ("measurement_uid", "report_id", "input", "probe_cc", "probe_asn", "test_name", "scores")
        row = {name: told[name] for name in names if name in told}
        flags = {"anomaly": "anomaly", "confirmed": "confirmed", "failure": "msm_failure"}
        row |= {column: "t" if told[name] else "f" for name, column in flags.items() if name in told}
        return row


class RowComparison:
    """Holds new rows against published ones, in batches."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []
        self.same = 0
        self.other_fingerprints = 0

    def take(self, outcomes: Iterable[tuple[str, Outcome]]) -> list[Problem]:
        """Rows with their places; the differences of what was compared by now."""
        self._waiting += [(place, one.row) for place, one in outcomes if one.row is not None]
        return self.flush() if len(self._waiting) >= _BATCH else []

    def flush(self) -> list[Problem]:
        """Compare what waits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        times = [row[_AT["measurement_start_time"]] for _, row in waiting]
        uids = [row[_AT["measurement_uid"]] for _, row in waiting]
        stored = self._published.rows(uids, min(times), max(times))
        found = (
            self._compared(place, row, stored.get(row[_AT["measurement_uid"]])) for place, row in waiting
        )
        return [problem for problem in found if problem is not None]

    def _compared(self, place: str, row: tuple[Any, ...], old: Mapping[str, Any] | None) -> Problem | None:
        uid = row[_AT["measurement_uid"]]
        if old is None:
            return difference(place, "row_missing", f"measurement {uid} has no published row")
        if old.get(_SNAPSHOT, row[_AT[_SNAPSHOT]]) != row[_AT[_SNAPSHOT]]:
            # Other fingerprints may rightly give other scores.
            self.other_fingerprints += 1
            return None
        for name, number in _AT.items():
            if name in old and not _equal(name, old[name], row[number]):
                shown = f"published {_short(old[name])}, scored again {_short(row[number])}"
                return difference(place, "row_differs", f"measurement {uid}: {name}: {shown}")
        self.same += 1
        return None


def _equal(name: str, old: Any, new: Any) -> bool:
    if name == "scores":
        return plain_scores(old) == plain_scores(new)
    if isinstance(new, float):
        # The table has single precision.
        return struct.pack("f", float(old or 0.0)) == struct.pack("f", new)
    if isinstance(new, datetime):
        return _second(old) == _second(new)
    # The table has empty text where a row has nothing.
    return bool((old or None) == (new or None))


def _second(moment: object) -> object:
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
