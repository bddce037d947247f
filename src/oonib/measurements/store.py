"""What is read from ClickHouse about measurements: rows of `fastpath`, categories of test lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from oonib.measurements.filters import Search
from oonib.measurements.query import Column, Where, candidate_count, latest, listing
from oonib.warehouse.client import Warehouse

_LISTED: tuple[Column, ...] = (
    "measurement_uid",
    "report_id",
    "input",
    "probe_cc",
    "probe_asn",
    "test_name",
    "measurement_start_time",
    "scores",
    "anomaly",
    "confirmed",
    "msm_failure",
    "is_verified",
)
_ONE: tuple[Column, ...] = (*_LISTED, "test_start_time")
_CATEGORIES = "SELECT cc, category_code FROM citizenlab WHERE url = {url:String}"
_SETTINGS = {"priority": 3}
_SPARE = 100
"""Candidates beyond the page: older versions count as well, and some no longer agree."""

_ALL = 2**62
_AT_ONCE = 1000
"""Rows of a listing that are in hand before it is answered; longer ones follow as a stream."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement as the table has it. Flags as booleans, `is_verified` as `t`, `f`, `u` or empty."""

    measurement_uid: str
    report_id: str
    input: str
    probe_cc: str
    probe_asn: int
    test_name: str
    measurement_start_time: datetime
    scores: str
    anomaly: bool
    confirmed: bool
    failure: bool
    is_verified: str
    test_start_time: datetime | None = None


class MeasurementStore:
    """Reads measurements. Every method raises `WarehouseError` kinds."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def search(self, search: Search) -> tuple[list[Row], Iterator[Row]]:
        """The first rows of a page, at most a thousand, and the rest as it comes."""
        if search.limit > _AT_ONCE:
            # Nothing can be asked again once the answer is under way, so there are plenty of candidates.
            rows = self._page(search, 3 * (search.offset + search.limit))
            return list(islice(rows, _AT_ONCE)), rows
        candidates = 2 * (search.offset + search.limit) + _SPARE
        found = list(self._page(search, candidates))
        if len(found) < search.limit and self._candidates(search, candidates) == candidates:
            # So many candidates fell away that the page is short although there is more.
            found = list(self._page(search, _ALL))
        return found, iter(())

    def by_uid(self, uid: str) -> Row | None:
        """The measurement of this uid."""
        where = Where()
        where.compare("measurement_uid", "=", "String", uid)
        return self._one(where)

    def by_report(self, report_id: str, input_text: str) -> Row | None:
        """The first measurement of a report with this input, empty for those without one."""
        where = Where()
        where.compare("report_id", "=", "String", report_id)
        where.compare("input", "=", "String", input_text)
        return self._one(where)

    def category(self, url: str) -> str:
        """The category of a URL in the test lists, the global list first, empty where it is in none."""
        rows = self._warehouse.select(_CATEGORIES, {"url": url}, settings=_SETTINGS)
        lists = {str(row["cc"]).strip("\0 ").upper(): str(row["category_code"]) for row in rows}
        return lists.get("ZZ") or next((lists[cc] for cc in sorted(lists)), "")

    def _one(self, where: Where) -> Row | None:
        rows = self._warehouse.select(latest(where, _ONE), where.parameters, settings=_SETTINGS)
        return _row(rows[0]) if rows else None

    def _page(self, search: Search, candidates: int) -> Iterator[Row]:
        sql = listing(search.where, _LISTED, descending=search.descending)
        page = {"limit": search.limit, "offset": search.offset, "candidates": candidates}
        rows = self._warehouse.stream(sql, search.where.parameters | page, settings=_SETTINGS)
        return (_row(dict(zip(_LISTED, row, strict=True))) for row in rows)

    def _candidates(self, search: Search, most: int) -> int:
        sql = candidate_count(search.where, descending=search.descending)
        parameters = search.where.parameters | {"candidates": most}
        return int(self._warehouse.select(sql, parameters, settings=_SETTINGS)[0]["n"])


def _row(values: Mapping[str, Any]) -> Row:
    return Row(
        measurement_uid=values["measurement_uid"],
        report_id=values["report_id"],
        input=values["input"],
        probe_cc=values["probe_cc"],
        probe_asn=int(values["probe_asn"]),
        test_name=values["test_name"],
        measurement_start_time=values["measurement_start_time"],
        scores=values["scores"],
        anomaly=values["anomaly"] == "t",
        confirmed=values["confirmed"] == "t",
        failure=values["msm_failure"] == "t",
        is_verified=values["is_verified"],
        test_start_time=values.get("test_start_time"),
    )
