"""What the status page says. Public: nothing of the host's inside but what an operator would tell anybody.

Each part stands alone. One that cannot be looked up is None, and the page says so in its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import oonib
from oonib.archive.manifests.service import ManifestService
from oonib.errors import OonibError
from oonib.jobs import JobsService
from oonib.jobs.telling import public
from oonib.ledger import LedgerService
from oonib.ledger.schema import Ledger, LedgerHour
from oonib.spool import Spool, SpoolError
from oonib.web.charts import Frame, Point, Series, bars
from oonib.web.checked import Finding
from oonib.web.frame import View, said
from oonib.web.snapshot import Patience, Snapshot

HOURS = 48
"""Hours of the ledger on the page."""

_OUTCOMES = (
    Series("ok", said("Scored")),
    Series("anomaly", said("Waiting")),
    Series("failure", said("Rejected")),
    Series("confirmed", said("Dead letters")),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits on this host. Ages in seconds, None where nothing waits."""

    unscored: int
    oldest_unscored: float | None
    unarchived: int
    oldest_unarchived: float | None
    dead_letters: int


class StatusService:
    """Gathers the status page."""

    def __init__(
        self,
        *,
        health: Callable[[], Sequence[Finding]],
        spool: Spool,
        ledger: LedgerService,
        jobs: JobsService,
        manifests: ManifestService,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: Patience | None = None,
    ) -> None:
        self._spool = spool
        self._books = ledger
        self._jobs = jobs
        self._manifests = manifests
        self._clock = clock
        self._findings = Snapshot("findings", lambda: [_finding(found) for found in health()], patience)
        self._chain = Snapshot("chain", self._load_chain, patience)

    def page(self) -> View:
        """The page as things stand."""
        self._chain.ask()
        findings, ledger = self._findings.get(), self._ledger()
        data = {
            "state": _state(findings),
            "version": oonib.__version__,
            "at": self._clock().replace(microsecond=0),
            "findings": findings,
            "queue": self._queue(),
            "ledger": None if ledger is None else ledger.model_dump(),
            "incidents": None if ledger is None else incidents(ledger.hours),
            "jobs": self._statuses(),
            "chain": self._chain.get(),
        }
        chart = None if ledger is None else _chart(ledger.hours)
        return View("status/status.html", data, {"chart": chart}, section="status")

    def _queue(self) -> Queue | None:
        try:
            now = self._spool.status()
        except SpoolError:
            return None
        return Queue(
            now.unscored, now.oldest_unscored, now.unarchived, now.oldest_unarchived, now.dead_letters
        )

    def _ledger(self) -> Ledger | None:
        since = self._clock() - timedelta(hours=HOURS - 1)
        try:
            return self._books.page(f"{since:%Y-%m-%dT%H:00:00Z}", "", HOURS)
        except OonibError:
            return None

    def _statuses(self) -> list[dict[str, Any]]:
        return [
            {
                "name": status.name,
                "help": status.help,
                "period": status.period,
                "running": status.running,
                "last_run": status.last.at,
                "ok": status.last.ok,
                "message": public(status.last.message),
                "next_due": status.last.next_due,
            }
            for status in self._jobs.statuses()
        ]

    def _load_chain(self) -> dict[str, Any]:
        head, _ = self._manifests.page(None, None, 1)
        if head is None:
            return {"length": 0}
        checkpoint = head.checkpoint
        return {
            "length": checkpoint.sequence + 1,
            "hour": checkpoint.hour,
            "measurements": checkpoint.measurements,
            "removed": checkpoint.removed,
            "hash": checkpoint.hash,
            "public_key": checkpoint.public_key,
        }


def _finding(found: Finding) -> dict[str, str]:
    return {"id": found.id, "status": found.status, "detail": found.detail}


def _state(findings: Sequence[dict[str, str]] | None) -> str:
    """The worst of the findings: `fail`, `warning`, `ok`; `unknown` without any."""
    if not findings:
        return "unknown"
    found = {finding["status"] for finding in findings}
    return next((state for state in ("fail", "warning") if state in found), "ok")


def incidents(hours: Sequence[LedgerHour]) -> list[dict[str, Any]]:
    """What became of measurements that were accepted and have no row, by kind and reason, most first."""
    counts: dict[tuple[str, str], int] = {}
    for hour in hours:
        for kind, reasons in (
            ("rejected", hour.rejected_by_reason),
            ("dead_letter", hour.dead_letter_by_reason),
            ("removed", {"": hour.removed}),
            ("missing", {"": hour.missing if hour.settled else 0}),
        ):
            for reason, n in reasons.items():
                counts[kind, reason] = counts.get((kind, reason), 0) + n
    told = ({"kind": kind, "reason": reason, "count": n} for (kind, reason), n in counts.items() if n)
    return sorted(told, key=lambda one: -abs(int(str(one["count"]))))


def _chart(hours: Sequence[LedgerHour]) -> object | None:
    points = [
        Point(hour.hour, (hour.scored, hour.in_flight, hour.rejected, hour.dead_letter)) for hour in hours
    ]
    if len(points) <= 1:
        return None
    frame = Frame(said("What became of the measurements of each hour"))
    return bars(points, "hour", frame, series=_OUTCOMES, height=170, name="ledger")
