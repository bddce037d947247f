"""Rows as the answers show them: series without gaps, groups, names (data contract 5). Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import product
from typing import Any

from oonib.measurements.statistics.countries import NAMES as COUNTRIES
from oonib.measurements.statistics.windows import Window, midnight
from oonib.model.nettests import GROUPS

Rows = list[dict[str, Any]]

_ENOUGH = 5
_WORKING = 0.6
"""A network where vanilla Tor was tried more than so often and works less than so often is `notok`."""

_TOR_COUNTS = ("failure_count", "last_tested", "probe_asn", "total_count", "success_count")
_NEVER_MEASURED = {"test_runtime_avg": None, "test_runtime_max": None, "test_runtime_min": None}


def series(rows: Rows, kind: str) -> Rows:
    """One of the counts by month."""
    return [{"date": midnight(row["month"]), "value": row[kind]} for row in rows]


def countries(rows: Rows) -> dict[str, Any]:
    """Those that are countries, with their names."""
    return {
        "countries": [
            {"alpha_2": row["probe_cc"], "name": COUNTRIES[row["probe_cc"]], "count": row["n"]}
            for row in rows
            if row["probe_cc"] in COUNTRIES
        ]
    }


def by_day(counted: Mapping[date, int], window: Window) -> Rows:
    """Each day of the window, 0 where nothing was counted."""
    return [{"count": counted.get(day, 0), "test_day": day} for day in window.days()]


def by_group(counted: Mapping[tuple[str, date], int], window: Window) -> Rows:
    """Each group of nettests on each day of the window. `counted` is by nettest and day."""
    return [
        {
            "count": sum(counted.get((test, day), 0) for test in GROUPS[group]),
            "test_day": day,
            "test_group": group,
        }
        for group, day in product(GROUPS, window.days())
    ]


def runtimes(found: Mapping[tuple[str, str, date], list[float]]) -> dict[str, Any]:
    """Every nettest with every country and every day that has any; `v` is empty where that one has none."""
    axes = [sorted(set(axis)) for axis in zip(*found, strict=True)]
    results = [
        {"test_name": key[0], "probe_cc": key[1], "date": key[2], "v": found.get(key, [])}
        for key in product(*axes)
        if axes
    ]
    return {"v": 0, "results": results}


def tor(rows: Rows) -> dict[str, Any]:
    """Vanilla Tor by network."""
    return {
        "networks": [{key: row[key] for key in _TOR_COUNTS} | _NEVER_MEASURED for row in rows],
        "notok_networks": sum(map(_not_ok, rows)),
        "last_tested": max((row["last_tested"] for row in rows), default=None),
    }


def _not_ok(row: dict[str, Any]) -> bool:
    total = row["total_count"]
    return bool(total > _ENOUGH and row["success_count"] / total < _WORKING)


def messengers(rows: Rows) -> dict[str, Any]:
    """Each messenger that was tried, by network."""
    tests = sorted({row["test_name"] for row in rows})
    return {test: _messenger([row for row in rows if row["test_name"] == test]) for test in tests}


def _messenger(rows: Rows) -> dict[str, Any]:
    networks = [
        {
            "asn": row["probe_asn"],
            "name": "",
            "total_count": row["total_count"],
            "last_tested": row["last_tested"],
        }
        for row in rows
    ]
    newest = max(row["last_tested"] for row in rows)
    return {"anomaly_networks": [], "ok_networks": networks, "last_tested": newest}


def messenger_days(counted: Mapping[date, int], days: Iterable[date]) -> dict[str, Any]:
    """A messenger on each of the days."""
    return {
        "results": [
            {"anomaly_count": None, "test_day": midnight(day), "total_count": counted.get(day, 0)}
            for day in days
        ]
    }
