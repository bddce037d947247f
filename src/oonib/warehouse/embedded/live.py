"""The statements that are running, by the query id their client knows.

The engine names its statements itself, so each text ends with a comment that
carries the client's id; KILL QUERY is translated through it.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from oonib.warehouse.embedded.errors import QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, QueryError
from oonib.warehouse.embedded.request import Request


class Control(Protocol):
    """Runs a short statement beside everything else."""

    def __call__(self, sql: str, params: Mapping[str, str] | None = None, /) -> bytes: ...


class Live:
    """Query ids in use."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, query_id: str) -> Iterator[None]:
        """Hold a query id while its statement runs; two statements cannot share one."""
        with self._lock:
            if query_id in self._ids:
                text = f"Query with id = {query_id} is already running"
                name = "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING"
                raise QueryError.of(QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, text, name)
            self._ids.add(query_id)
        try:
            yield
        finally:
            with self._lock:
                self._ids.discard(query_id)

    def marked(self, request: Request) -> str:
        """The statement's text with its query id as a comment at the end."""
        # A line of its own, because the text may end in a comment.
        return f"{request.statement.text}\n{_mark(request.query_id)}"

    def kill(self, query_id: str) -> None:
        """Ask the engine to stop a statement, without waiting for it."""
        self._control("KILL QUERY WHERE endsWith(query, {mark:String}) ASYNC", {"mark": _mark(query_id)})

    def kill_all(self) -> None:
        """Ask the engine to stop everything."""
        self._control("KILL QUERY WHERE query NOT LIKE 'KILL QUERY%' ASYNC")

    def with_engine_ids(self, text: str, params: dict[str, str]) -> str:
        """A KILL QUERY with the engine's ids where it names clients' ids, in its text or its parameters."""
        with self._lock:
            mentioned = [one for one in self._ids if f"'{one}'" in text or one in params.values()]
        for query_id in mentioned:
            sql = "SELECT query_id FROM system.processes WHERE endsWith(query, {mark:String}) LIMIT 1"
            found = self._control(sql, {"mark": _mark(query_id)}).decode().strip()
            if found:
                text = text.replace(f"'{query_id}'", f"'{found}'")
                params.update({name: found for name, value in params.items() if value == query_id})
        return text


def _mark(query_id: str) -> str:
    return f"/*query_id={query_id}*/"
