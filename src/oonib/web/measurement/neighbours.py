"""The same thing measured by others: in this network and in this country, in the 30 days around. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from oonib.web.measurement.circumstances import network, started
from oonib.web.measurement.story import Subject

_WINDOW = timedelta(days=30)
_COUNTS = ("ok_count", "anomaly_count", "confirmed_count", "failure_count", "measurement_count")


@dataclass(frozen=True, slots=True)
class Around:
    """How others fared. The addresses lead to the measurements and to a chart of them."""

    ok: int
    anomaly: int
    confirmed: int
    failure: int
    total: int
    search: str
    chart: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """In the same network, and in the whole country. `since` to `until` as days."""

    network: Around
    country: Around
    since: str
    until: str


def question(subject: Subject) -> dict[str, Any]:
    """What is asked of the counts; empty where it cannot be asked."""
    if not subject.row or network(subject)[0] == 0:
        return {}
    try:
        at = datetime.fromisoformat(started(subject))
        since, until = at - _WINDOW, at + timedelta(days=1)
    except (ValueError, OverflowError):
        return {}
    asked: dict[str, Any] = {
        "probe_cc": [subject.probe_cc],
        "test_name": [subject.test_name],
        "axis_x": "probe_asn",
    }
    if subject.input:
        asked["input"] = [subject.input]
    return asked | {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}"}


def neighbours(subject: Subject, rows: Sequence[Mapping[str, Any]] | None) -> Neighbours | None:
    """The answer to `question`; None where there is none."""
    asked = question(subject)
    if rows is None or not asked:
        return None
    asn = network(subject)[0]
    filters = [(name, asked[name][0]) for name in ("probe_cc", "test_name", "input") if name in asked]
    times = [(name, asked[name]) for name in ("since", "until")]
    own = [("probe_asn", f"AS{asn}")]
    mine = [row for row in rows if row["probe_asn"] == asn]
    return Neighbours(
        _around(mine, [*filters, *own, *times]),
        _around(rows, [*filters, *times]),
        asked["since"],
        asked["until"],
    )


def _around(rows: Sequence[Mapping[str, Any]], asked: list[tuple[str, str]]) -> Around:
    query = urlencode(asked, errors="replace")
    ok, anomaly, confirmed, failure, total = (sum(row[name] for row in rows) for name in _COUNTS)
    return Around(ok, anomaly, confirmed, failure, total, f"/search?{query}", f"/chart/mat?{query}")
