"""A made-up table of measurements, and counts of it by plain Python: what aggregation is held against."""

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from support.serving import measurement

FIRST = datetime(2024, 11, 3, tzinfo=UTC)
LAST = datetime(2026, 3, 2, tzinfo=UTC)
SITES = [f"site{n}.example" for n in range(6)]
INPUTS = ["", *(f"https://{site}/{page}" for site in SITES for page in ("", "a,b", "ü"))]
LISTS = [
    # domain, url, cc, category
    (SITES[0], f"https://{SITES[0]}/", "ZZ", "NEWS"),
    (SITES[0], f"https://{SITES[0]}/", "it", "POLR"),
    (SITES[0], f"https://{SITES[0]}/", "br", "GRP"),
    (SITES[1], f"https://{SITES[1]}/", "it", "NEWS"),
    (SITES[1], f"https://{SITES[1]}/", "br", "GRP"),
    (SITES[2], f"https://{SITES[2]}/", "ZZ", "GRP"),
    (SITES[2], f"https://{SITES[2]}/", "it", "GRP"),
    (SITES[3], f"https://{SITES[3]}/a,b", "br", "POLR"),
]


@dataclass(frozen=True)
class Table:
    """What was inserted, in the order of insertion, and what counts: the last version of each measurement."""

    batches: list[list[dict[str, Any]]]
    rows: list[dict[str, Any]]


def make_table(seed: int, size: int) -> Table:
    """Measurements of which a third was scored again, with another outcome."""
    chance = random.Random(seed)
    first = [_row(chance, number) for number in range(size)]
    again = [{**row, **_outcome(chance)} for row in chance.sample(first, size // 3)]
    latest = {row["measurement_uid"]: row for row in (*first, *again)}
    return Table([first, again], list(latest.values()))


def _row(chance: random.Random, number: int) -> dict[str, Any]:
    url = chance.choice(INPUTS)
    span = chance.choice([timedelta(days=6), timedelta(days=29), LAST - FIRST])
    started = LAST - timedelta(seconds=chance.randrange(int(span.total_seconds())))
    return measurement(
        measurement_uid=f"u{number}",
        report_id=f"r{number // 10}",
        input=url,
        domain=url.split("/")[2] if url else "",
        probe_cc=chance.choice(["IT", "BR", "IR", "ZZ"]),
        probe_asn=chance.choice([0, 7, 30722, 2**31 - 1]),
        test_name=chance.choice(["web_connectivity", "signal", "tor"]),
        measurement_start_time=started,
        ooni_run_link_id=chance.choice([None, None, 10**15, 2**64 - 1]),
        **_outcome(chance),
    )


def _outcome(chance: random.Random) -> dict[str, Any]:
    flags = {name: chance.choice("tfff") for name in ("anomaly", "confirmed", "msm_failure")}
    if chance.random() < 0.03:
        flags["anomaly"] = ""
    scores = chance.choice(
        [
            "{}",
            "",
            '{"analysis":{}}',
            '{"analysis":{"blocking_type":"dns"}}',
            '{"blocking_general":1.0,"analysis":{"blocking_type":"=http-diff"}}',
        ]
    )
    return {**flags, "scores": scores}


def blocking_type(row: dict[str, Any]) -> str:
    """That of the scores."""
    scores = json.loads(row["scores"] or "{}")
    return str(scores.get("analysis", {}).get("blocking_type", ""))


def category(row: dict[str, Any], codes: set[str] | None, countries: set[str] | None) -> str | None:
    """The one category of its input: the global list's first, then by country."""
    found = [
        (cc.upper() != "ZZ", cc.upper(), code)
        for _, url, cc, code in LISTS
        if url == row["input"]
        and (codes is None or code in codes)
        and (countries is None or cc.upper() in countries | {"ZZ"})
    ]
    return min(found)[2] if found else None


def start(row: dict[str, Any], grain: str) -> str:
    """The beginning of the hour, day, week, month or year of a measurement."""
    time: datetime = row["measurement_start_time"]
    day = time.date()
    starts: dict[str, Callable[[], date]] = {
        "day": lambda: day,
        "week": lambda: day - timedelta(days=day.isoweekday() % 7),
        "month": lambda: day.replace(day=1),
        "year": lambda: day.replace(month=1, day=1),
    }
    return time.strftime("%Y-%m-%dT%H:00:00Z") if grain == "hour" else starts[grain]().isoformat()


def count(
    rows: Iterable[dict[str, Any]],
    axes: tuple[str, ...],
    grain: str,
    *,
    since: datetime,
    until: datetime,
    filters: dict[str, set[Any]],
) -> list[dict[str, Any]]:
    """What aggregation should answer, in the order it should have."""
    by_categories = filters.get("category_code")
    list_countries = filters.get("probe_cc", set()) if by_categories is not None else None
    groups: dict[tuple[Any, ...], Counter[str]] = {} if axes else {(): Counter()}
    for row in rows:
        if not since <= row["measurement_start_time"] < until:
            continue
        if any(row[name] not in wanted for name, wanted in filters.items() if name != "category_code"):
            continue
        values = {**row, "blocking_type": blocking_type(row), "measurement_start_day": start(row, grain)}
        values["category_code"] = category(row, by_categories, list_countries)
        if values["category_code"] is None and (by_categories is not None or "category_code" in axes):
            continue
        groups.setdefault(tuple(values[axis] for axis in axes), Counter())[_outcome_of(row)] += 1
    return [_answer(axes, key, groups[key]) for key in sorted(groups)]


def _answer(axes: tuple[str, ...], key: tuple[Any, ...], counts: Counter[str]) -> dict[str, Any]:
    names = ("anomaly", "confirmed", "failure", "ok")
    return {
        **dict(zip(axes, key, strict=True)),
        **{f"{name}_count": counts[name] for name in names},
        "measurement_count": sum(counts.values()),
    }


def _outcome_of(row: dict[str, Any]) -> str:
    if row["msm_failure"] == "t":
        return "failure"
    if row["confirmed"] == "t":
        return "confirmed"
    return {"t": "anomaly", "f": "ok"}.get(row["anomaly"], "other")


AXES = (
    "blocking_type",
    "category_code",
    "domain",
    "input",
    "measurement_start_day",
    "probe_asn",
    "probe_cc",
    "test_name",
)
AXIS_PAIRS: list[tuple[str, ...]] = [(), *((axis,) for axis in AXES), *itertools.permutations(AXES, 2)]
