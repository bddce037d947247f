"""What SQLite does for what is asked of it: how each statement is planned, and how much work it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from oonib.records import Records


@dataclass(slots=True)
class Work:
    """`steps`: instructions of SQLite's machine. `asked`: statements with their parameters."""

    steps: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def plans(self, records: Records) -> Iterator[str]:
        """A line for each table that a statement reads."""
        connection = sqlite3.connect(records.engine.url.database or "")
        for statement, parameters in self.asked:
            if statement.lstrip().startswith("SELECT"):
                for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    yield str(row[3])
        connection.close()


@contextmanager
def watched(records: Records) -> Iterator[Work]:
    """The work of everything that is asked within."""
    work = Work()

    def step() -> int:
        work.steps += 1
        return 0

    def take(connection: sqlite3.Connection, *_rest: Any) -> None:
        connection.set_progress_handler(step, 1)

    def give(connection: sqlite3.Connection | None, *_rest: Any) -> None:
        if connection is not None:
            connection.set_progress_handler(None, 0)

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        work.asked.append((statement, parameters))

    listeners = [("checkout", take), ("checkin", give), ("before_cursor_execute", note)]
    for name, listener in listeners:
        event.listen(records.engine, name, listener)
    try:
        yield work
    finally:
        for name, listener in listeners:
            event.remove(records.engine, name, listener)
