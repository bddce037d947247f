"""What was measured in each country in the last 30 days, from the aggregation API's counts."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oonib.errors import Timeout, Unavailable
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import AggregationService

DAYS = 30
LEAST = 20
"""Measurements below which a share says nothing."""

_SHARE_OF_TIME = 200
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class CountryCounts:
    """The measurements of a country. Outcomes exclude each other; `share`: of anomaly and confirmed."""

    probe_cc: str
    measurements: int
    anomalies: int
    confirmed: int
    failures: int
    share: float = field(init=False)

    def __post_init__(self) -> None:
        share = (self.anomalies + self.confirmed) / self.measurements if self.measurements else 0.0
        object.__setattr__(self, "share", round(share, 4))

    @property
    def tells(self) -> bool:
        """Whether there are enough measurements for the share to mean something."""
        return self.measurements >= LEAST


@dataclass(frozen=True, slots=True)
class World:
    """All countries with measurements from `since` on, before `until`; the largest share first, few last."""

    since: str
    until: str
    countries: list[CountryCounts]


class WorldService:
    """Counts anew at most so often that it costs half a percent of the time. Used by one thread."""

    def __init__(
        self,
        aggregation: AggregationService,
        clock: Callable[[], datetime],
        passed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aggregation = aggregation
        self._clock = clock
        self._passed = passed
        self._kept: World | None = None
        self._until = float("-inf")

    def world(self) -> World:
        """The counts, the last ones while there are no newer. Raises `OonibError` kinds."""
        started = self._passed()
        if self._kept is not None and started < self._until:
            return self._kept
        try:
            self._kept = self._count()
        except (Timeout, Unavailable):
            if self._kept is None:
                raise
        ended = self._passed()
        self._until = ended + min(_LONGEST, _SHARE_OF_TIME * (ended - started))
        return self._kept

    def _count(self) -> World:
        today = self._clock().date()
        since = (today - timedelta(days=DAYS - 1)).isoformat()
        until = (today + timedelta(days=1)).isoformat()
        asked = AggregationParameters.model_validate({"axis_x": "probe_cc", "since": since, "until": until})
        found = self._aggregation.count(self._aggregation.read(asked))
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        countries = sorted(_counts(rows), key=lambda one: (not one.tells, -one.share, -one.measurements))
        return World(since, until, countries)


def _counts(rows: list[dict[str, object]]) -> Iterator[CountryCounts]:
    for row in rows:
        numbers = ("measurement_count", "anomaly_count", "confirmed_count", "failure_count")
        yield CountryCounts(str(row["probe_cc"]), *(int(str(row[name])) for name in numbers))
