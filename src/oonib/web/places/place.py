"""What the pages of a country and of a network have in common: what is blocked, apps, coverage, findings."""

from collections.abc import Mapping
from typing import Any, Literal

from oonib.measurements.places.service import WEB
from oonib.web.answers import Wanted
from oonib.web.places import apps, coverage, telling
from oonib.web.places.asked import Evidence, Period
from oonib.web.places.sources import Sources


def wanted(
    sources: Sources, during: Period, column: Literal["probe_cc", "probe_asn"], value: str | int
) -> dict[str, Wanted]:
    """What is looked up of the place that has this value in the column of the measurements."""
    return {
        "coverage": (
            ("coverage", value, during.window),
            lambda: sources.places.coverage(column, value, during.window),
        ),
        "tests": sources.counts(
            during,
            axis_x="test_name",
            axis_y="measurement_start_day",
            time_grain="day",
            **{column: [str(value)]},
        ),
    }


def data(found: Mapping[str, Any], evidence: Evidence, place: Mapping[str, str]) -> dict[str, Any]:
    """As programs get it. `found`: what was wanted, `judged`, and `findings`; `place`: the filter for it."""
    judged: telling.Told | None = found["judged"]
    blocked = None if judged is None else judged.items
    groups = None if blocked is None else telling.grouped(blocked)
    return {
        "headline": None if groups is None else telling.headline(groups),
        "blocked": groups,
        "blocked_complete": None if judged is None else judged.complete,
        "usual_share": None if judged is None else round(judged.level, 4),
        "rules": telling.RULES,
        "apps": apps.lines(apps.by_test(found["tests"]), blocked or (), evidence, **place),
        "totals": coverage.totals(found["coverage"]),
        "coverage": coverage.by_day(found["coverage"]),
        "findings": found["findings"],
        "links": evidence.links("domain", {"test_name": WEB}, **place),
    }


def pictures(
    found: Mapping[str, Any], evidence: Evidence, during: Period, second: str, place: Mapping[str, str]
) -> dict[str, Any]:
    """What is for the eye only. `second`: what is drawn of the coverage beside outcomes and nettests."""
    return {
        "during": during,
        "trends": apps.trends(apps.by_test(found["tests"]), during),
        **coverage.pictures(found["coverage"], evidence.by_day(**place), during, second),
    }
