"""What is read from ClickHouse about measurements: rows of `fastpath`, categories of test lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from oonib.measurements.asking import LONG_ANSWER, cost_limits
from oonib.measurements.filters import Search
from oonib.measurements.firstlook import first_page
from oonib.measurements.formats import TABLE_SETTINGS
from oonib.measurements.listing import (
    EXPORTED,
    Table,
    candidates,
    chosen,
    edge,
    exported,
    far,
    has_axes,
    look,
    near,
)
from oonib.measurements.outset import Outsets
from oonib.measurements.query import Column, Where, by_uid, latest
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
_SPARE = 20
"""Candidates beyond the page: older versions count as well, and some no longer agree."""

_SPARE_OF_A_SITE = 3
"""The same where a site or a report is asked for: its measurements lie far apart, so each costs, and few of
them share a second."""

_WITHIN = 50_000
"""Rows through which candidates are looked for one after the other, before another way is taken."""

_AS_VALUES = 5000
"""Candidates that are named one by one in the query for their rows."""

_SITES: frozenset[Column] = frozenset({"domain", "input", "report_id"})
_ALL = 2**62
AT_ONCE = 1000
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query for a page. `may_lack`: there is more to find than it looks at."""

    sql: str
    parameters: dict[str, object]
    may_lack: bool = False


class MeasurementStore:
    """Reads measurements. Every method raises `WarehouseError` kinds. `most_rows`: see `cost_limits`."""

    def __init__(self, warehouse: Warehouse, *, most_rows: int = 0) -> None:
        self._warehouse = warehouse
        self._costly: dict[str, object] = {**_SETTINGS, **cost_limits(most_rows)}
        self._outsets = Outsets(warehouse, self._costly)

    def page(self, search: Search) -> Iterator[Row]:
        """The rows of a page, as they come."""
        if search.limit > AT_ONCE:
            # Nothing can be asked again once the answer is under way, so there are plenty of candidates.
            yield from self._rows(search, self._plan(search, _LISTED, _plenty(search)))
            return
        rows = self._first_look(search)
        yield from self._exact(search) if rows is None else rows

    def _first_look(self, search: Search) -> list[Row] | None:
        """The page, where one look at the rows as they lie there is enough to tell."""
        if not _is_short(search):
            return None
        found: list[tuple[Row, Any, bool]] = []
        for plan in self._looks(search):
            found = self._looked(plan)
            if len(found) == _enough(search):
                break
        return first_page(
            found,
            all_there=len(found) < _enough(search),
            offset=search.offset,
            limit=search.limit,
            descending=search.descending,
        )

    def _looks(self, search: Search) -> Iterator[_Plan]:
        """Where to look for a page, the likeliest place first; the last one has all there is."""
        if search.countries is None or not has_axes(search.where):
            yield _look(search, "fastpath")
            return
        outset = self._outsets.of(search.where, _WITHIN, descending=search.descending)
        if sum(outset.countries.get(cc, 0) for cc in search.countries) >= _enough(search):
            yield _look(search, "fastpath", edge=outset.edge)
        yield _look(search, "fastpath_axes")

    def _looked(self, plan: _Plan) -> list[tuple[Row, Any, bool]]:
        rows = self._warehouse.select_rows(plan.sql, plan.parameters, settings=self._costly).rows
        return [(row_of(dict(zip(_LISTED, row, strict=False))), row[-2], bool(row[-1])) for row in rows]

    def _exact(self, search: Search) -> list[Row]:
        """The page from the latest versions of measurements, however many older ones there are."""
        plan = self._plan(search, _LISTED, _enough(search))
        found = list(self._rows(search, plan))
        for most in (4 * _enough(search), _ALL):
            if len(found) == search.limit or not plan.may_lack:
                break
            # So many candidates fell away that the page is short although there is more.
            plan = self._far(search, _LISTED, most)
            found = list(self._rows(search, plan))
        return found

    def table(self, search: Search, form: Literal["Parquet", "ArrowStream"], raw_url: str) -> Iterator[bytes]:
        """A page as a file. `raw_url`: where bodies are, up to the uid."""
        plan = self._plan(search, EXPORTED, _plenty(search))
        return self._warehouse.stream_bytes(
            exported(plan.sql),
            {**plan.parameters, "raw_url": raw_url},
            form=form,
            settings={**self._costly, **LONG_ANSWER, **TABLE_SETTINGS},
        )

    def explain(self, search: Search) -> dict[str, Any]:
        """The query of a page and the values bound in it."""
        if _is_short(search):
            plan = next(self._looks(search))
        else:
            plan = self._plan(search, _LISTED, _plenty(search))
        return {"sql": plan.sql, "parameters": plan.parameters}

    def by_uid(self, uid: str) -> Row | None:
        """The measurement of this uid."""
        for known in (True, False):
            # Where nobody kept the times of uids, the row may be there all the same.
            sql = by_uid(_ONE, known=known)
            rows = self._warehouse.select(sql, {"uid": uid}, settings=_SETTINGS)
            if rows:
                return row_of(rows[0])
        return None

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
        return row_of(rows[0]) if rows else None

    def _rows(self, search: Search, plan: _Plan) -> Iterator[Row]:
        limits = {**self._costly, **(LONG_ANSWER if search.limit > AT_ONCE else {})}
        rows = self._warehouse.stream(plan.sql, plan.parameters, settings=limits)
        return (row_of(dict(zip(_LISTED, row, strict=True))) for row in rows)

    def _plan(self, search: Search, columns: tuple[Column, ...], most: int) -> _Plan:
        if "report_id" in search.where.columns:
            return self._far(search, columns, most)
        sql = edge(search.where, descending=search.descending, dense=search.is_plain)
        asked = search.where.parameters | {"candidates": most, "within": max(_WITHIN, 4 * most)}
        found = self._warehouse.select(sql, asked, settings=self._costly)[0]
        if found["n"] < most:
            return self._far(search, columns, most)
        sql = near(search.where, columns, descending=search.descending, dense=search.is_plain)
        parameters = search.where.parameters | _bounds(search) | {"edge": found["edge"]}
        return _Plan(sql, parameters, may_lack=True)

    def _far(self, search: Search, columns: tuple[Column, ...], most: int) -> _Plan:
        parameters = search.where.parameters | _bounds(search)
        asked = parameters | {"candidates": most}
        if most > _AS_VALUES or not has_axes(search.where):
            return _Plan(far(search.where, columns, descending=search.descending), asked)
        sql = candidates(search.where, descending=search.descending)
        found = self._warehouse.select(sql, asked, settings=self._costly)
        values = {"times": [row["at"] for row in found], "hashes": [row["uid_hash"] for row in found]}
        sql = chosen(search.where, columns, descending=search.descending)
        return _Plan(sql, parameters | values, may_lack=len(found) >= most)


def _look(search: Search, table: Table, edge: datetime | None = None) -> _Plan:
    bounded = edge is not None
    sql = look(search.where, _LISTED, table=table, descending=search.descending, bounded=bounded)
    bound = {"edge": edge} if bounded else {}
    return _Plan(sql, search.where.parameters | {"candidates": _enough(search)} | bound)


def _is_short(search: Search) -> bool:
    return search.limit <= AT_ONCE and _enough(search) <= _AS_VALUES


def _enough(search: Search) -> int:
    spare = _SPARE_OF_A_SITE if search.where.columns & _SITES else _SPARE
    return search.offset + search.limit + spare


def _plenty(search: Search) -> int:
    return 3 * (search.offset + search.limit) + _SPARE


def _bounds(search: Search) -> dict[str, object]:
    return {"limit": search.limit, "offset": search.offset}


def row_of(values: Mapping[str, Any]) -> Row:
    """A row from its columns, of `fastpath` or of another table that has them."""
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
