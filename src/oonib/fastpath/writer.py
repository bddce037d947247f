"""Writing outcomes to ClickHouse: one insert a batch, repeated until it is durable.

Owns what happens when ClickHouse is away (wait, for hours if need be) and when one row cannot be stored
(halve the batch until that row is alone, then it is a dead letter).
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from oonib.fastpath.worker import Outcome
from oonib.metrics import Metrics
from oonib.scoring import FASTPATH_COLUMNS, OBS_OPENVPN_COLUMNS
from oonib.warehouse.errors import WarehouseError, WarehouseRejectedData
from oonib.warehouse.ports import Inserts

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 15.0
_log = structlog.get_logger("fastpath")


class Stopped(Exception):
    """The daemon was asked to stop while it waited for ClickHouse. Nothing of the batch is marked done."""


class Writer:
    """Writes batches of one spool. `spool_id` makes the tokens of two hosts differ."""

    def __init__(
        self,
        warehouse: Inserts,
        spool_id: str,
        metrics: Metrics,
        stopping: threading.Event,
        reach: Callable[[str], None],
    ) -> None:
        self._warehouse = warehouse
        self._spool_id = spool_id
        self._metrics = metrics
        self._stopping = stopping
        self._reach = reach

    def write(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Make the rows durable; the outcomes as they turned out. Raises `Stopped`."""
        scored = [outcome for outcome in outcomes if outcome.row is not None]
        self._reach("fastpath.before_insert")
        refused = self._insert("fastpath", FASTPATH_COLUMNS, scored, lambda outcome: outcome.row)
        self._reach("fastpath.after_insert")
        openvpn = [
            outcome for outcome in scored if outcome.openvpn is not None and outcome.seq not in refused
        ]
        refused |= self._insert("obs_openvpn", OBS_OPENVPN_COLUMNS, openvpn, lambda outcome: outcome.openvpn)
        return [
            _refuse(outcome, refused[outcome.seq]) if outcome.seq in refused else outcome
            for outcome in outcomes
        ]

    def _insert(
        self,
        table: str,
        columns: Sequence[str],
        outcomes: Sequence[Outcome],
        row_of: Callable[[Outcome], Any],
    ) -> dict[int, str]:
        if not outcomes:
            return {}
        try:
            self._until_durable(
                table, columns, [row_of(outcome) for outcome in outcomes], self._token(outcomes)
            )
        except WarehouseRejectedData as exc:
            if len(outcomes) == 1:
                _log.error("a row cannot be stored", table=table, uid=outcomes[0].uid)
                return {outcomes[0].seq: str(exc)[:500]}
            half = len(outcomes) // 2
            return self._insert(table, columns, outcomes[:half], row_of) | self._insert(
                table, columns, outcomes[half:], row_of
            )
        return {}

    def _until_durable(self, table: str, columns: Sequence[str], rows: list[Any], token: str) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._metrics.insert_seconds.time():
                    self._warehouse.insert(table, columns, rows, dedup_token=token)
            except WarehouseRejectedData:
                raise
            except WarehouseError as exc:
                self._metrics.insert_failures.inc()
                _log.warning("insert failed, trying again", table=table, problem=str(exc)[:300], pause=pause)
            else:
                return
            if self._stopping.wait(pause):
                raise Stopped
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _token(self, outcomes: Sequence[Outcome]) -> str:
        # The same rows under the same fingerprints give the same token, so a repeated insert is ignored.
        digest = hashlib.blake2b(
            repr([(outcome.uid, outcome.row) for outcome in outcomes]).encode(errors="replace")
        )
        return f"{self._spool_id}-{outcomes[0].seq}-{outcomes[-1].seq}-{digest.hexdigest()[:16]}"


def _refuse(outcome: Outcome, detail: str) -> Outcome:
    return replace(outcome, kind="dead_letter", reason="row_refused", detail=detail, row=None, openvpn=None)
