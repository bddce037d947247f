"""The ledger per hour: what was accepted against what became of it, counted independently of each other.

Outcomes are counted in the transaction that makes them so; what is in flight is counted among the entries
themselves. Where both together are not what was accepted, something was lost or counted twice. Owns the sums;
when a difference is an alarm is the readers' business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from oonib.spool.database import Database

# One statement, so that all of it is of the same moment.
_LINES = """
SELECT hour, outcome, reason, n FROM ledger WHERE hour >= :since AND hour < :until
UNION ALL
SELECT hour, 'in_flight', '', count(*) FROM entry
WHERE seq > coalesce((SELECT seq FROM watermark WHERE consumer = 'fastpath'), 0)
    AND hour >= :since AND hour < :until
GROUP BY hour
UNION ALL
SELECT entry.hour, 'unarchived', '', count(*) FROM entry LEFT JOIN can ON can.id = entry.can
WHERE (entry.can IS NULL OR can.state IN ('planned', 'uploaded'))
    AND entry.hour >= :since AND entry.hour < :until
GROUP BY entry.hour
"""
_HOURS = "SELECT DISTINCT hour FROM ledger WHERE hour >= ? AND hour < ? ORDER BY hour DESC LIMIT ?"
END = "A"
"""Later than every hour."""

_COUNTED = frozenset(
    {
        "accepted",
        "duplicate",
        "scored",
        "dead_letter",
        "archived",
        "in_flight",
        "unarchived",
        "removed_unscored",
        "removed_unarchived",
    }
)


@dataclass(slots=True)
class Account:
    """One hour (`YYYYMMDDHH`, of the uids). Counts of measurements; `rejected` by the name of the rule."""

    hour: str
    accepted: int = 0
    duplicate: int = 0
    scored: int = 0
    dead_letter: int = 0
    in_flight: int = 0
    archived: int = 0
    unarchived: int = 0
    removed_unscored: int = 0
    removed_unarchived: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Accepted, and in none of scored, rejected, dead letter, in flight. Negative: counted twice."""
        known = self.scored + sum(self.rejected.values()) + self.dead_letter + self.in_flight
        return self.accepted - known - self.removed_unscored

    @property
    def missing_in_archive(self) -> int:
        """Accepted, and neither archived nor waiting for it. Negative: archived twice."""
        return self.accepted - self.archived - self.unarchived - self.removed_unarchived

    @property
    def adds_up(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return self.missing == 0 and self.missing_in_archive == 0

    def add(self, outcome: str, reason: str, n: int) -> None:
        """Take in one line."""
        if outcome == "rejected":
            self.rejected[reason] = self.rejected.get(reason, 0) + n
        elif outcome in _COUNTED:
            setattr(self, outcome, getattr(self, outcome) + n)
            if outcome == "dead_letter" and n:
                self.dead_letters[reason] = self.dead_letters.get(reason, 0) + n


def accounts(database: Database, since: str = "", until: str = END) -> list[Account]:
    """The hours from `since` to before `until`, oldest first. Raises `SpoolError`."""
    with database.read() as connection:
        lines = connection.execute(_LINES, {"since": since, "until": until}).fetchall()
    found: dict[str, Account] = {}
    for hour, outcome, reason, n in lines:
        found.setdefault(hour, Account(hour)).add(outcome, reason, n)
    return [found[hour] for hour in sorted(found)]


def last_hours(database: Database, since: str, until: str, limit: int) -> Sequence[str]:
    """The latest `limit` hours that the ledger knows between the two, the latest first."""
    with database.read() as connection:
        return [hour for (hour,) in connection.execute(_HOURS, (since, until, limit))]
