"""What is read from ClickHouse about places, a query for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from oonib.measurements.places import queries
from oonib.measurements.places.judging import LEAST, Days, Tally
from oonib.measurements.places.queries import Place
from oonib.measurements.query import AT_ONCE_A_MONTH
from oonib.measurements.statistics.windows import Window
from oonib.warehouse.ports import Selects

Rows = list[dict[str, Any]]
Key = tuple[str, ...]

MOST_TARGETS = 300
_MOST_PARTS = 40
_LONGEST = 15.0
_SETTINGS = {**AT_ONCE_A_MONTH, "priority": 3}
_EPOCH = date(1970, 1, 1)
_REST = -1
"""Stands for the networks that are not told one by one."""


@dataclass(frozen=True, slots=True)
class Series:
    """A target in a place. `networks`: days by network, with those that are not told apart as number -1;
    `total`: how many networks there are.
    """

    key: Key
    counts: Tally
    days: Days
    networks: Mapping[int, Days]
    total: int


class PlacesStore:
    """Counts. Every method raises `WarehouseError` kinds."""

    def __init__(self, warehouse: Selects) -> None:
        self._warehouse = warehouse

    def suspects(self, place: Place, value: object, tests: Sequence[str], window: Window) -> list[Series]:
        """By nettest and domain, those with anomalies or confirmed blocking, the most first."""
        asked = {place: value, "test_names": list(tests), "least": LEAST, **window.bounds()}
        sql = queries.series(place, "test_name, domain", queries.SUSPECT)
        return self._series(sql, asked, ("test_name", "domain"))

    def by_country(self, domain: str, tests: Sequence[str], window: Window) -> list[Series]:
        """A domain, by country."""
        asked = {"domain": domain, "test_names": list(tests), **window.bounds()}
        return self._series(queries.series("domain", "probe_cc", ""), asked, ("probe_cc",))

    def elsewhere(
        self, probe_cc: str, tests: Sequence[str], domains: Sequence[str], window: Window
    ) -> dict[Key, Tally]:
        """Targets in all other countries, by nettest and domain."""
        asked = {"probe_cc": probe_cc, "test_names": list(tests), "domains": list(domains)}
        rows = self._select(queries.ELSEWHERE, {**asked, **window.bounds()})
        return {(row["test_name"], row["domain"]): _tally(row) for row in rows}

    def level(self, place: Place, value: object, window: Window) -> float:
        """The share of anomalies that is usual in a place; 0 where nothing is known."""
        found = self._select(queries.level(place), {place: value, **window.bounds()})[0]["level"]
        # Of nothing, the median is no number.
        return float(found) if found == found else 0.0  # noqa: PLR0124

    def coverage(self, place: Place, value: object, window: Window) -> Rows:
        """`day`, the counts, `networks`, `nettests`, `countries`, by day."""
        rows = self._select(queries.coverage(place), {place: value, **window.bounds()})
        return [{**row, "day": _day(row["day"])} for row in rows]

    def countries(self, window: Window) -> Rows:
        """`probe_cc`, the counts, `networks`."""
        return self._select(queries.COUNTRIES, window.bounds())

    def networks(self, text: str, probe_cc: str, window: Window, *, limit: int, offset: int) -> Rows:
        """A page of networks, the most measured first. `text`: the beginning of a number or part of a name.
        `total`: how many there are.
        """
        number = text.upper().removeprefix("AS")
        asked = {"text": text, "number": number if number.isdecimal() else "-", "probe_cc": probe_cc}
        return self._select(queries.NETWORKS, {**asked, "limit": limit, "offset": offset, **window.bounds()})

    def domains(self, text: str, category: str, window: Window, *, limit: int, offset: int) -> Rows:
        """A page of domains, the most measured first. `text`: part of the name. `total`: of all pages."""
        asked = {"text": text, "category": category, "limit": limit, "offset": offset}
        return self._select(queries.DOMAINS, {**asked, **window.bounds()})

    def owners(self, asns: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Name and country of the owners of networks, by the newest records, those that are known."""
        rows = self._select(queries.OWNERS, {"asns": list(asns)})
        return {row["number"]: (row["org_name"], row["cc"]) for row in rows}

    def listed(self, domains: Sequence[str]) -> Rows:
        """`url`, `list` (a country, ZZ for the global one), `category_code` of what test lists have."""
        return self._select(queries.LISTED, {"domains": list(domains)})

    def variants(self, domains: Sequence[str], window: Window) -> dict[str, int]:
        """Measurements of each of some domains that has any."""
        rows = self._select(queries.VARIANTS, {"domains": list(domains), **window.bounds()})
        return {row["domain"]: row["measurement_count"] for row in rows}

    def home(self, probe_asn: int, window: Window) -> dict[str, int]:
        """Measurements of a network by country, the most first."""
        rows = self._select(queries.HOME, {"probe_asn": probe_asn, **window.bounds()})
        return {row["probe_cc"]: row["measurement_count"] for row in rows}

    def _series(self, sql: str, asked: dict[str, object], keys: Key) -> list[Series]:
        bounds = {"most": MOST_TARGETS, "most_parts": _MOST_PARTS}
        return [_read(row, keys) for row in self._select(sql, {**asked, **bounds})]

    def _select(self, sql: str, parameters: Mapping[str, object]) -> Rows:
        return self._warehouse.select(sql, parameters, settings=_SETTINGS, timeout=_LONGEST)


def _read(row: Mapping[str, Any], keys: Key) -> Series:
    days = {_day(day): Tally(*counts) for day, *counts in zip(*row["days"], strict=True)}
    networks = {
        asn: {_day(day): Tally(*counts) for day, *counts in found} for asn, _, _, found in row["parts"]
    }
    total = int(row["networks"])
    if len(networks) < total:
        networks[_REST] = _without(days, networks.values())
    return Series(tuple(row[key] for key in keys), _tally(row), days, networks, total)


def _without(days: Days, parts: Iterable[Days]) -> dict[date, Tally]:
    left = dict(days)
    for part in parts:
        for day, tally in part.items():
            left[day] -= tally
    return {day: tally for day, tally in left.items() if tally.measured}


def _tally(row: Mapping[str, Any]) -> Tally:
    return Tally(*(int(row[name]) for name in ("ok", "anomaly", "confirmed", "failure")))


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
