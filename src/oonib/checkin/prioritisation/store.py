"""What prioritisation reads from ClickHouse: lists and counts. Knows tables, not what they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oonib.checkin.prioritisation.lists import Entry, TestLists
from oonib.warehouse.client import Warehouse

Network = tuple[str, int]
"""Country in upper case and number; 0 stands for every network of the country."""

Counts = Mapping[str, int]
"""Measurements of the current and the previous week by URL."""

_PATIENCE = 5.0
_OVERVIEW_PATIENCE = 25.0
_WEEK = 7 * 86_400
_SETTINGS = {"priority": 1}
_LISTS = "SELECT url, domain, cc, category_code FROM citizenlab FINAL ORDER BY url, cc, category_code, domain"
_LISTS_VERSION = (
    "SELECT count() AS entries, sum(sipHash64(url, domain, cc, category_code)) AS digest FROM citizenlab"
)
_WEEKS = """
week IN (toDateTime(toStartOfWeek(toDateTime({now:UInt32}))),
    toDateTime(toStartOfWeek(toDateTime({now:UInt32})) - 7))
"""
# URLs and counts of a network come as two arrays: rows of their own would cost as much again to take apart.
# A URL may stand there several times, by week and as long as parts are not merged: adding up here is cheaper.
# Country and number are looked at one by one first, which is far cheaper than as pairs.
_OF_NETWORKS = f"""
SELECT probe_cc, probe_asn, groupArray(input) AS inputs, groupArray(msmt_cnt) AS counts
FROM counters_asn_test_list
PREWHERE probe_asn IN {{asns:Array(UInt64)}} AND probe_cc IN {{countries:Array(String)}}
WHERE {_WEEKS} AND (probe_cc, probe_asn) IN {{networks:Array(Tuple(String, UInt64))}}
GROUP BY probe_cc, probe_asn
"""  # noqa: S608 - a text of this module
# Here most URLs stand in many networks.
_OF_COUNTRIES = f"""
SELECT probe_cc, 0, groupArray(input) AS inputs, groupArray(measured) AS counts FROM
    (SELECT probe_cc, input, sum(msmt_cnt) AS measured FROM counters_asn_test_list
     WHERE probe_cc IN {{countries:Array(String)}} AND {_WEEKS}
     GROUP BY probe_cc, input)
GROUP BY probe_cc
"""  # noqa: S608 - a text of this module
_OVERVIEW = """
SELECT url, domain, cc, category_code, measured, anomalies FROM
    (SELECT url, domain, cc, category_code, upper(trim(BOTH '\\0 ' FROM cc)) AS country
     FROM citizenlab FINAL) AS listed
LEFT JOIN
    (SELECT input, probe_cc, count() AS measured, countIf(anomaly = 't') AS anomalies FROM fastpath FINAL
     WHERE measurement_start_time > toDateTime({since:UInt32})
         AND measurement_start_time < toDateTime({until:UInt32})
         AND input IN (SELECT url FROM citizenlab)
     GROUP BY input, probe_cc) AS recent
ON recent.input = listed.url AND recent.probe_cc = listed.country
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """An entry and its measurements of the last seven days in its country."""

    entry: Entry
    measured: int
    anomalies: int


class PriorityStore:
    """Every method raises `WarehouseError` kinds, after a few seconds at most."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def lists(self) -> TestLists:
        """All test lists."""
        rows = self._warehouse.select(_LISTS, settings=_SETTINGS, timeout=_PATIENCE)
        return TestLists(
            Entry.make(row["url"], row["domain"], row["cc"], row["category_code"]) for row in rows
        )

    def lists_version(self) -> tuple[int, int]:
        """Changes with the lists, and costs far less than reading them."""
        row = self._warehouse.select(_LISTS_VERSION, settings=_SETTINGS, timeout=_PATIENCE)[0]
        return int(row["entries"]), int(row["digest"])

    def counts(self, networks: Sequence[Network], now: datetime) -> dict[Network, Counts]:
        """Counts of networks, in one query (two where there are whole countries among them)."""
        found: dict[Network, Counts] = {network: {} for network in networks}
        narrow = [network for network in found if network[1] != 0]
        whole = [cc for cc, asn in found if asn == 0]
        stamp = int(now.timestamp())
        rows = []
        if narrow:
            countries, asns = {cc for cc, _ in narrow}, {asn for _, asn in narrow}
            given = {"networks": narrow, "countries": list(countries), "asns": list(asns), "now": stamp}
            rows += self._rows(_OF_NETWORKS, given)
        if whole:
            rows += self._rows(_OF_COUNTRIES, {"countries": whole, "now": stamp})
        for cc, asn, urls, counts in rows:
            found[cc, asn] = _added_up(urls, counts)
        return found

    def overview(self, now: datetime) -> list[Measured]:
        """Every entry with what was measured in its country in the last seven days (contract 2.9)."""
        until = int(now.timestamp())
        window = {"since": until - _WEEK, "until": until}
        rows = self._warehouse.select(_OVERVIEW, window, timeout=_OVERVIEW_PATIENCE)
        return [
            Measured(
                Entry.make(row["url"], row["domain"], row["cc"], row["category_code"]),
                int(row["measured"]),
                int(row["anomalies"]),
            )
            for row in rows
        ]

    def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        found = self._warehouse.select_rows(sql, parameters, settings=_SETTINGS, timeout=_PATIENCE)
        return found.rows


def _added_up(urls: Sequence[str], counts: Sequence[int]) -> Counts:
    by_url = dict(zip(urls, counts, strict=True))
    if len(by_url) < len(urls):
        by_url = dict.fromkeys(by_url, 0)
        for url, count in zip(urls, counts, strict=True):
            by_url[url] += count
    return by_url
