"""What a run is to do: period, filters, and the key under which its progress is kept. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H", "%Y-%m-%d %H", "%Y%m%d", "%Y%m%d%H")


ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
"""A period without bounds."""


class BadPeriod(ValueError):
    """A time that cannot be read, or a period that is empty."""


@dataclass(frozen=True, slots=True)
class Job:
    """Files of the hours from `since` up to but not including `until` (aware, UTC, whole hours).

    `tests` are names without underscores and `ccs` upper case; empty means all. `limit` is a number of files,
    0 for no limit. What a run's rows depend on besides the files is part of the job, so that another set of
    fingerprints or another program begins anew.
    """

    source: str
    destination: str
    since: datetime
    until: datetime
    tests: tuple[str, ...] = ()
    ccs: tuple[str, ...] = ()
    limit: int = 0
    snapshot: str = ""
    semantics: str = "production"
    version: str = ""

    @property
    def key(self) -> str:
        """The name of its checkpoint."""
        text = json.dumps(asdict(self), default=str, sort_keys=True)
        return f"{self.since:%Y%m%d%H}-{self.until:%Y%m%d%H}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def days(self) -> Iterator[date]:
        """The days that the period touches."""
        day = self.since.date()
        while datetime(day.year, day.month, day.day, tzinfo=UTC) < self.until:
            yield day
            day += timedelta(days=1)

    def has_hour(self, hour: str) -> bool:
        """Whether the hour `YYYYMMDDHH` lies in the period."""
        return f"{self.since:%Y%m%d%H}" <= hour < f"{self.until:%Y%m%d%H}"

    def wants(self, cc: str, test: str) -> bool:
        """Whether a country and a test name (with or without underscores) pass the filters."""
        return (not self.ccs or cc.upper() in self.ccs) and (
            not self.tests or test.replace("_", "") in self.tests
        )


def parse_moment(text: str) -> datetime:
    """A day or an hour, UTC: `2026-03-02`, `2026-03-02T10`, `20260302`, `2026030210`. Raises `BadPeriod`."""
    for form in _FORMATS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadPeriod(f"neither a day nor an hour: {text[:40]!r}; write 2026-03-02 or 2026-03-02T10")
