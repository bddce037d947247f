"""The ledger of the spool as people read it: sums and hours, and the bars of the chart. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oonib.spool import Tally

HOURS = 24
CHART_WIDTH, CHART_HEIGHT = 720, 96
_GAP = 3


@dataclass(slots=True)
class Counts:
    """What became of the measurements of an hour, or of several."""

    hour: str = ""
    accepted: int = 0
    duplicate: int = 0
    scored: int = 0
    rejected: int = 0
    dead_letter: int = 0
    archived: int = 0

    @property
    def in_flight(self) -> int:
        """Accepted and not worked off yet."""
        return max(0, self.accepted - self.scored - self.rejected - self.dead_letter)

    @property
    def clock(self) -> str:
        """The hour as `17:00`."""
        return f"{self.hour[8:10]}:00"

    @property
    def day(self) -> str:
        """The day as `2026-03-02`."""
        return f"{self.hour[:4]}-{self.hour[4:6]}-{self.hour[6:8]}"

    def add(self, outcome: str, n: int) -> None:
        """Count one line of the ledger; outcomes that are not shown are passed over."""
        if outcome in ("accepted", "duplicate", "scored", "rejected", "dead_letter", "archived"):
            setattr(self, outcome, getattr(self, outcome) + n)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart, in its coordinates."""

    x: int
    y: int
    width: int
    height: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The last hours, oldest first, and their sum."""

    total: Counts
    hours: list[Counts]
    bars: list[Bar]
    most: int

    @property
    def busy_hours(self) -> int:
        """Hours in which anything was accepted; a chart of one tells nothing."""
        return sum(bool(counts.accepted) for counts in self.hours)


def first_hour(now: datetime) -> str:
    """The oldest hour that is shown at `now`, as the ledger writes it."""
    return f"{now.astimezone(UTC) - timedelta(hours=HOURS - 1):%Y%m%d%H}"


def view(tallies: Iterable[Tally], now: datetime) -> LedgerView:
    """The ledger's lines as hours up to `now`, those without measurements included."""
    end = now.astimezone(UTC)
    names = [f"{end - timedelta(hours=back):%Y%m%d%H}" for back in range(HOURS - 1, -1, -1)]
    hours = {name: Counts(name) for name in names}
    total = Counts()
    for tally in tallies:
        if tally.hour in hours:
            hours[tally.hour].add(tally.outcome, tally.n)
            total.add(tally.outcome, tally.n)
    listed = list(hours.values())
    most = max(counts.accepted for counts in listed)
    return LedgerView(total, listed, _bars(listed, most), most)


def _bars(hours: list[Counts], most: int) -> list[Bar]:
    step = CHART_WIDTH // len(hours)
    bars = []
    for number, counts in enumerate(hours):
        height = round(CHART_HEIGHT * counts.accepted / most) if most else 0
        height = max(height, 2 if counts.accepted else 0)
        bars.append(Bar(number * step, CHART_HEIGHT - height, step - _GAP, height, counts))
    return bars
