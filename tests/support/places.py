"""The synthetic world as rows of `fastpath`, with the flags that were planted, and what is true in it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from oonib.measurements.places.judging import Tally
from oonib.simulate import World

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
Target = tuple[str, str]
"""A country, and a domain or the name of a nettest."""


@dataclass
class Simulated:
    """`rows`: as `support.serving.Backend.insert` takes them. `tallies`: by target, network and day.

    `lasting` and `ended`: targets that are blocked at the end, and those that were before.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    tallies: Mapping[Target, Mapping[int, dict[date, Tally]]] = field(default_factory=dict)
    lasting: set[Target] = field(default_factory=set)
    ended: set[Target] = field(default_factory=set)


def simulated(count: int, *, seed: int = 1, days: int = 20, censors: bool = True) -> Simulated:
    """`count` measurements in the `days` before `NOW`; without `censors` all that is odd is noise."""
    world = World(seed)
    if not censors:
        world._by_target.clear()
    made = Simulated()
    tallies: dict[Target, dict[int, dict[date, Tally]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(Tally))
    )
    for number, one in enumerate(world.measurements(count, start=NOW - timedelta(days=days), end=NOW)):
        body, expected = one.body, one.expected
        site = body["input"].split("/")[2] if body["input"] else ""
        asn = int(body["probe_asn"][2:])
        when = datetime.fromisoformat(body["measurement_start_time"]).replace(tzinfo=UTC)
        made.rows.append(
            {
                "measurement_uid": f"{when:%Y%m%d%H%M%S}.{number:06}_XX_simulated_0123456789abcdef",
                "report_id": body["report_id"],
                "input": body["input"] or "",
                "domain": site,
                "probe_cc": body["probe_cc"],
                "probe_asn": asn,
                "test_name": body["test_name"],
                "test_start_time": when,
                "measurement_start_time": when,
                "anomaly": "t" if expected.anomaly else "f",
                "confirmed": "t" if expected.confirmed else "f",
                "msm_failure": "t" if expected.failure else "f",
            }
        )
        days_of = tallies[body["probe_cc"], site or body["test_name"]][asn]
        days_of[when.date()] += _tally(expected.anomaly, expected.confirmed, expected.failure)
    made.tallies = tallies
    for block in world.blocks if censors else ():
        kind = made.lasting if block.ends > 1 else made.ended
        kind.add((block.network.cc, block.target))
    made.ended -= made.lasting
    return made


def _tally(anomaly: bool, confirmed: bool, failure: bool) -> Tally:
    if failure:
        return Tally(failure=1)
    if confirmed:
        return Tally(confirmed=1)
    return Tally(anomaly=1) if anomaly else Tally(ok=1)
