"""What the statistics read from ClickHouse: one query for each (data contract 5).

Nothing is precomputed. At ten million rows on two cores the series by month takes 1.0 s, the other ones over
the whole table 0.06 to 0.35 s and those of a country 15 to 60 ms, once the parts of past months are merged;
right after ten million rows came in at once it was 7 s, 3 to 4 s and 30 to 180 ms. An answer that is kept for
a while costs less than that and is easier to have right than sums that follow what is scored again.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, cast

from oonib.measurements.query import AT_ONCE_A_MONTH
from oonib.measurements.statistics import queries
from oonib.measurements.statistics.windows import Window
from oonib.warehouse.ports import Selects

Rows = list[dict[str, Any]]

_SETTINGS = {**AT_ONCE_A_MONTH, "priority": 4}
_LONG = 300.0
"""Seconds for what reads the whole table: nobody waits so long, but the answer is kept for the next one."""


class StatisticsStore:
    """Counts. Days are UTC; every method raises `WarehouseError` kinds."""

    def __init__(self, warehouse: Selects) -> None:
        self._warehouse = warehouse

    def totals(self) -> dict[str, Any]:
        """`network_count`, `country_count`, `measurement_count` of all time."""
        return self._select(queries.TOTALS, timeout=_LONG)[0]

    def months(self, window: Window) -> Rows:
        """`month`, `networks`, `countries`, `measurements` of each month that has any, ascending."""
        return self._select(queries.MONTHS, window.bounds(), timeout=_LONG)

    def countries(self) -> Rows:
        """`probe_cc`, `n`, by country."""
        return self._select(queries.COUNTRIES, timeout=_LONG)

    def networks(self) -> Rows:
        """`probe_asn`, `cnt`, `org_name` (empty where it is not known)."""
        return self._select(queries.NETWORKS, timeout=_LONG)

    def domains(self) -> Rows:
        """`domain_name`, `category_code`, `measurement_count` of every domain of the test lists."""
        return self._select(queries.DOMAINS, timeout=_LONG)

    def overview(self, probe_cc: str, since: date) -> dict[str, Any]:
        """`first_bucket_date` (the epoch where there is nothing), `measurement_count`, `network_count`."""
        bounds = {"since": datetime.combine(since, time(), UTC)}
        return self._select(queries.OVERVIEW, {"probe_cc": probe_cc, **bounds})[0]

    def tests_by_day(self, probe_cc: str, window: Window) -> dict[tuple[str, date], int]:
        """Measurements by nettest and day."""
        rows = self._select(queries.TESTS_BY_DAY, {"probe_cc": probe_cc, **window.bounds()})
        return {(row["test_name"], row["day"]): row["n"] for row in rows}

    def networks_by_day(self, probe_cc: str, test_names: list[str] | None, window: Window) -> dict[date, int]:
        """Distinct networks by day; None means every nettest."""
        tests = {"all_tests": test_names is None, "test_names": test_names or []}
        return _by_day(
            self._select(queries.NETWORKS_BY_DAY, {"probe_cc": probe_cc, **tests, **window.bounds()})
        )

    def website_networks(self, probe_cc: str, window: Window) -> Rows:
        """`count`, `probe_asn`, the most measurements first."""
        return self._select(queries.WEBSITE_NETWORKS, {"probe_cc": probe_cc, **window.bounds()})

    def website_stats(self, probe_cc: str, probe_asn: int, input_text: str, window: Window) -> Rows:
        """`test_day` and the four counts of each day that has any."""
        asked = {"probe_cc": probe_cc, "probe_asn": probe_asn, "input": input_text}
        return self._select(queries.WEBSITE_STATS, {**asked, **window.bounds()})

    def website_urls(
        self, probe_cc: str, probe_asn: int, window: Window, *, limit: int, offset: int
    ) -> tuple[Rows, int]:
        """A page of `input` with the four counts, the most blocked first, and how many inputs there are."""
        asked = {"probe_cc": probe_cc, "probe_asn": probe_asn, **window.bounds()}
        page = self._select(queries.WEBSITE_URLS, {**asked, "limit": limit, "offset": offset})
        return page, self._select(queries.WEBSITE_URL_COUNT, asked)[0]["n"]

    def of_networks(self, probe_cc: str, test_names: tuple[str, ...], window: Window) -> Rows:
        """By nettest, the most measured network first: `last_tested`, counts of failure, total, success."""
        asked = {"probe_cc": probe_cc, "test_names": list(test_names)}
        return self._select(queries.OF_NETWORKS, {**asked, **window.bounds()})

    def of_network_by_day(
        self, probe_cc: str, probe_asn: int, test_name: str, window: Window
    ) -> dict[date, int]:
        """Measurements of one nettest in one network by day."""
        asked = {"probe_cc": probe_cc, "probe_asn": probe_asn, "test_name": test_name}
        return _by_day(self._select(queries.OF_NETWORK_BY_DAY, {**asked, **window.bounds()}))

    def by_country(self, test_names: tuple[str, ...], window: Window) -> Rows:
        """`probe_cc`, `cnt`, by country."""
        return self._select(
            queries.BY_COUNTRY, {"test_names": list(test_names), **window.bounds()}, timeout=_LONG
        )

    def runtimes(
        self, test_names: tuple[str, ...], window: Window
    ) -> dict[tuple[str, str, date], list[float]]:
        """Median, 90th percentile (seconds) and count by nettest, country and day, of those that tell."""
        rows = self._select(
            queries.RUNTIMES, {"test_names": list(test_names), **window.bounds()}, timeout=_LONG
        )
        return {
            (row["test_name"], row["probe_cc"], row["day"]): [*row["quantiles"], row["n"]] for row in rows
        }

    def snowflake(self, countries: list[str] | None, since: datetime, until: datetime) -> Rows:
        """Counts of torsf by `measurement_start_day` and `probe_cc`, in that order; None: every country."""
        asked = {"everywhere": countries is None, "countries": countries or []}
        return self._select(queries.SNOWFLAKE, {**asked, "since": since, "until": until})

    def domain(self, domains: list[str]) -> dict[str, str] | None:
        """`domain`, `category_code` of the shortest URL that lists have of one of them, global ones first."""
        rows = self._select(queries.DOMAIN, {"domains": domains})
        return cast("dict[str, str]", rows[0]) if rows else None

    def organisation(self, asn: int) -> str | None:
        """Who owns a network, by the newest record."""
        rows = self._select(queries.ORGANISATION, {"asn": asn})
        return str(rows[0]["org_name"]) if rows else None

    def _select(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, timeout: float | None = None
    ) -> Rows:
        return self._warehouse.select(sql, parameters, settings=_SETTINGS, timeout=timeout)


def _by_day(rows: Rows) -> dict[date, int]:
    return {row["day"]: row["n"] for row in rows}
