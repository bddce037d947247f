"""Messengers and circumvention tools in a place: figures and trend of each nettest. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from oonib.measurements.places.judging import Tally, total
from oonib.measurements.places.service import TOOLS
from oonib.model.nettests import MESSENGERS, NAMES
from oonib.web.charts import Chart
from oonib.web.counts import Rows
from oonib.web.frame.said import said
from oonib.web.places import drawing
from oonib.web.places.asked import Evidence, Period
from oonib.web.places.telling import counts

GROUPS: dict[str, tuple[str, ...]] = {"messengers": MESSENGERS, "tools": TOOLS}

TestDays = Mapping[str, Mapping[date, Tally]]


def by_test(rows: Rows | None) -> TestDays | None:
    """Counts by nettest and day as the API gives them."""
    if rows is None:
        return None
    found: dict[str, dict[date, Tally]] = defaultdict(dict)
    for row in rows:
        tally = Tally(row["ok_count"], row["anomaly_count"], row["confirmed_count"], row["failure_count"])
        found[row["test_name"]][date.fromisoformat(row["measurement_start_day"])] = tally
    return found


def lines(
    days: TestDays | None, blocked: Iterable[Mapping[str, Any]], evidence: Evidence, **place: Any
) -> dict[str, list[dict[str, Any]]] | None:
    """For each group its nettests that were measured. `blocked`: what is judged, as `telling.told` has it."""
    if days is None:
        return None
    judged = {one["test_name"]: one for one in blocked if not one["domain"]}
    return {
        group: [_line(name, days[name], judged.get(name), evidence, place) for name in names if name in days]
        for group, names in GROUPS.items()
    }


def _line(
    name: str,
    days: Mapping[date, Tally],
    judged: Mapping[str, Any] | None,
    evidence: Evidence,
    place: dict[str, Any],
) -> dict[str, Any]:
    tally = total(days)
    filters = {**place, "test_name": name}
    return {
        "test_name": name,
        **counts(tally),
        "share": round(tally.share, 4),
        "verdict": None if judged is None else judged["verdict"],
        "ongoing": judged is not None and judged["ongoing"],
        "links": {
            "search": evidence.search(**filters),
            "anomalies": evidence.search("anomaly_count", **filters),
            "chart": evidence.chart(**filters),
        },
    }


def trends(days: TestDays | None, during: Period) -> dict[str, Chart]:
    """A small line for each nettest."""
    return {
        name: drawing.trend(
            found,
            during,
            said("%(test)s: share of anomalies by day", test=NAMES.get(name, name)),
            name=f"trend-{name}",
        )
        for name, found in (days or {}).items()
        if any(name in names for names in GROUPS.values())
    }
