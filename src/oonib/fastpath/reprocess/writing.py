"""Rows into ClickHouse: gathered from many files, inserted by a thread, noted in the checkpoint afterwards.

The thread inserts while the crew goes on scoring; at most one batch waits for it, so that a slow ClickHouse
slows everything down rather than filling the memory.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oonib.fastpath.reprocess.checkpoint import Checkpoint, DoneFile
from oonib.fastpath.worker import Outcome
from oonib.fastpath.writer import Stopped, Writer
from oonib.warehouse.client import Warehouse

_BATCH_BYTES = 16 * 1024 * 1024
_BATCH_SECONDS = 10.0
_SCORES = 8


MARK = "oonib reprocess"
"""`log_comment` of inserts, by which the server tells them from first ones: in its log, and in views."""


class MarkedInserts:
    """The inserts of a warehouse, marked as those of reprocessing."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        """Insert one block. Raises `WarehouseError`."""
        self._warehouse.insert(table, columns, rows, dedup_token=dedup_token, settings={"log_comment": MARK})


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows to insert, and the files that are through once they are."""

    outcomes: list[Outcome]
    files: list[DoneFile]


class TableSink:
    """Inserts rows and checkpoints files. `refused` is told of each row that cannot be stored."""

    ordered = False

    def __init__(
        self,
        writer: Writer,
        checkpoint: Checkpoint,
        refused: Callable[[Outcome], None],
        reach: Callable[[str], None],
        *,
        batch_rows: int = 5000,
    ) -> None:
        self._batch_rows = batch_rows
        self._writer = writer
        self._checkpoint = checkpoint
        self._refused = refused
        self._reach = reach
        self._outcomes: list[Outcome] = []
        self._bytes = 0
        self._files: list[DoneFile] = []
        self._since = time.monotonic()
        self._blocks: queue.Queue[_Block | None] = queue.Queue(1)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._write, name="rows", daemon=True)
        self._thread.start()

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Gather rows. Raises `Stopped` when a wait for ClickHouse was ended, and what inserting raises."""
        self._outcomes += outcomes
        self._bytes += sum(len(outcome.row[_SCORES]) for outcome in outcomes if outcome.row is not None)
        old = time.monotonic() - self._since > _BATCH_SECONDS
        if len(self._outcomes) >= self._batch_rows or self._bytes >= _BATCH_BYTES or old:
            self._hand_over()

    def finish(self, done: DoneFile) -> None:
        """The file's rows are all here; it is noted when they are durable."""
        self._files.append(done)

    def close(self) -> None:
        """Insert what is left."""
        self._hand_over()
        self._put(None)
        self._thread.join()
        self._raise()

    def _hand_over(self) -> None:
        if self._outcomes or self._files:
            # The numbers tell rows of different files apart while they are written together.
            numbered = [replace(outcome, seq=number) for number, outcome in enumerate(self._outcomes)]
            self._put(_Block(numbered, self._files))
        self._outcomes, self._bytes, self._files = [], 0, []
        self._since = time.monotonic()

    def _put(self, block: _Block | None) -> None:
        while True:
            self._raise()
            try:
                self._blocks.put(block, timeout=0.5)
            except queue.Full:
                continue
            return

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        try:
            while (block := self._blocks.get()) is not None:
                for outcome in self._writer.write(block.outcomes):
                    if outcome.row is None:
                        self._refused(outcome)
                self._reach("reprocess.after_insert")
                self._checkpoint.add(block.files)
                self._reach("reprocess.after_checkpoint")
        except BaseException as exc:  # noqa: BLE001 - handed to the thread that can tell somebody
            self._failure = exc


__all__ = ["MARK", "MarkedInserts", "Stopped", "TableSink"]
