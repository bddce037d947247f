"""How much was measured in a place, by day: charts and figures. Pure."""

from collections.abc import Callable
from typing import Any

from oonib.web.chart.asked import TIME
from oonib.web.chart.linking import Links
from oonib.web.charts import Words
from oonib.web.counts import Rows
from oonib.web.frame.said import said
from oonib.web.places import drawing
from oonib.web.places.asked import Period

COUNTS = ("measurement_count", "ok_count", "anomaly_count", "confirmed_count", "failure_count")


def by_day(rows: Rows | None) -> list[dict[str, Any]] | None:
    """The figures, days as text."""
    if rows is None:
        return None
    return [{**row, "day": row["day"].isoformat()} for row in rows]


def totals(rows: Rows | None) -> dict[str, int] | None:
    """The sums of all days."""
    return None if rows is None else {name: sum(row[name] for row in rows) for name in COUNTS}


def pictures(rows: Rows | None, links: Links, during: Period, second: str) -> dict[str, Any]:
    """The charts; `second`: of what there is a chart beside that of nettests (`networks`, `countries`)."""
    if not rows:
        return {"charts": {}, "day_links": {}}
    words: dict[str, Words] = {
        "networks": said("Networks by day"),
        "countries": said("Countries by day"),
        "nettests": said("Nettests by day"),
    }
    charts = {"outcomes": drawing.outcomes(drawing.counted_days(rows), links, during, name="coverage")}
    for what in (second, "nettests"):
        found = {row["day"]: row[what] for row in rows}
        charts[what] = drawing.breadth(found, during, words[what], name=what)
    return {"charts": charts, "day_links": _links(rows, links)}


def _links(rows: Rows, links: Links) -> dict[str, str]:
    days = [row["day"].isoformat() for row in rows]
    return {day: links.search({TIME: day}, "day") for day in days}


def ranked(rows: Rows | None, key: str, keep: Callable[[Any], bool], most: int) -> Rows | None:
    """Rows of counts, the most measured first, without what `keep` refuses."""
    if rows is None:
        return None
    known = [row for row in rows if keep(row[key])]
    return sorted(known, key=lambda row: (-row["measurement_count"], row[key]))[:most]
