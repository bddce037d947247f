"""Whether this host can do its work: findings with stable ids, for people, load balancers and alarms."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from oonib.ledger import LedgerService
from oonib.metrics import Metrics
from oonib.spool import Spool, SpoolError
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseError

_RECENT = "SELECT count() AS n FROM fastpath WHERE measurement_start_time > now() - INTERVAL 3 HOUR"
_ARCHIVE_ALARM = 3 * 3600.0
"""An hour is packed soon after it is over: what waits longer than this is stuck (ops contract 5.6)."""

_FINGERPRINTS = "SELECT (SELECT count() FROM fingerprints_dns) + (SELECT count() FROM fingerprints_http) AS n"


class Finding(BaseModel):
    """One thing that was looked at. `id` is stable; `fail` turns the whole answer into a 503."""

    id: str
    status: Literal["ok", "warning", "fail"]
    detail: str


class Health(BaseModel):
    """Answer of `GET /health`. `errors` lists the ids of what is broken."""

    status: Literal["ok", "fail"]
    errors: list[str]
    version: str
    build_label: str
    findings: list[Finding]


class Watch:
    """Looks at everything at most once a second, however many ask: anybody may, and looking has a price."""

    def __init__(self, look: Callable[[], list[Finding]], *, seconds: float = 1.0) -> None:
        self._look = look
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._findings: list[Finding] = []

    def run(self) -> list[Finding]:
        """The findings of this second."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._findings = self._look()
                self._until = time.monotonic() + self._seconds
            return self._findings


@dataclass(frozen=True, slots=True)
class Checks:
    """The dependencies that are looked at. `secrets`: names and values of settings that must be secret."""

    spool: Spool
    warehouse: Warehouse
    ping_objects: Callable[[], None]
    object_errors: type[Exception]
    metrics: Metrics
    data_dir: Path
    age_alarm: float
    secrets: dict[str, str]
    ledger: LedgerService
    archive_alarm: float = _ARCHIVE_ALARM
    credentials_problem: Callable[[], tuple[str, str] | None] = lambda: None
    records_problem: Callable[[], str | None] = lambda: None

    def run(self) -> list[Finding]:
        """Look at everything. Never raises for a dependency that is down: that is a finding."""
        return [
            *self._spool(),
            *self._ledger(),
            *self._clickhouse(),
            self._objects(),
            self._records(),
            *self._secrets(),
            *self._credentials(),
        ]

    def _spool(self) -> list[Finding]:
        try:
            status = self.spool.status()
        except SpoolError as exc:
            return [Finding(id="spool_error", status="fail", detail=str(exc))]
        self.metrics.backlog.set(status.unscored)
        archive_age = status.oldest_unarchived or 0.0
        self.metrics.archive.waiting.set(status.unarchived)
        self.metrics.archive.oldest.set(archive_age)
        age = status.oldest_unscored or 0.0
        room: Literal["ok", "fail"] = "fail" if status.problem or status.warning else "ok"
        return [
            Finding(id="spool_room", status=room, detail=status.problem or status.warning or "there is room"),
            Finding(
                id="spool_age",
                status="fail" if age > self.age_alarm else "ok",
                detail=f"{status.unscored} unscored, the oldest for {age:.0f} s",
            ),
            # A warning: a host whose archive is away can and should go on to collect.
            Finding(
                id="archive_age",
                status="warning" if archive_age > self.archive_alarm else "ok",
                detail=f"{status.unarchived} not archived yet, the oldest for {archive_age:.0f} s",
            ),
            Finding(
                id="dead_letters",
                status="warning" if status.dead_letters else "ok",
                detail=f"{status.dead_letters} could not be scored; `oonib spool dead-letters` names them",
            ),
        ]

    def _ledger(self) -> list[Finding]:
        try:
            check = self.ledger.check()
        except SpoolError:
            # The spool has a finding of its own.
            return []
        self.metrics.ledger_missing.labels("scoring").set(check.missing)
        self.metrics.ledger_missing.labels("archive").set(check.missing_in_archive)
        if check.adds_up:
            return [Finding(id="ledger", status="ok", detail="all settled hours add up")]
        # A warning as well: without this host nothing comes back that is gone.
        named = ", ".join(check.hours[:5])
        detail = (
            f"{len(check.hours)} hours do not add up ({named}): {check.missing} measurements in scoring,"
            f" {check.missing_in_archive} in archiving; /api/v1/ledger shows them"
        )
        return [Finding(id="ledger", status="warning", detail=detail)]

    def _clickhouse(self) -> list[Finding]:
        try:
            recent = self.warehouse.select(_RECENT, timeout=5.0)[0]["n"]
            fingerprints = self.warehouse.select(_FINGERPRINTS, timeout=5.0)[0]["n"]
        except WarehouseError as exc:
            return [
                Finding(id="clickhouse_error", status="fail", detail=f"{type(exc).__name__}: {exc}"[:300])
            ]
        return [
            Finding(id="clickhouse_error", status="ok", detail=f"{recent} measurements of the last 3 hours"),
            # Without them nothing is scored: `oonib jobs run fingerprints --once` loads them.
            Finding(
                id="no_fingerprints",
                status="ok" if fingerprints else "fail",
                detail=f"{fingerprints} fingerprints are loaded",
            ),
        ]

    def _objects(self) -> Finding:
        try:
            self.ping_objects()
        except self.object_errors as exc:
            return Finding(
                id="object_store_error", status="fail", detail=f"{type(exc).__name__}: {exc}"[:300]
            )
        return Finding(id="object_store_error", status="ok", detail="reachable")

    def _records(self) -> Finding:
        problem = self.records_problem()
        if problem is None:
            return Finding(id="db_error", status="ok", detail="the records are there, with all their tables")
        return Finding(id="db_error", status="fail", detail=problem)

    def _credentials(self) -> list[Finding]:
        # A warning: submissions are stored all the same, as unverified.
        problem = self.credentials_problem()
        return [] if problem is None else [Finding(id=problem[0], status="warning", detail=problem[1])]

    def _secrets(self) -> list[Finding]:
        return [
            Finding(id=f"bad_{name}", status="fail", detail=f"{name} is still CHANGEME: set it")
            for name, value in self.secrets.items()
            if value == "CHANGEME"
        ]
