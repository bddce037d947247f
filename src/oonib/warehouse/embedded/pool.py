"""Who may use an engine connection, and when: the bounded pool and the pinned sessions.

A connection runs one statement at a time. Reading and writing statements have
separate limits, so heavy queries can never keep inserts waiting.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oonib.warehouse.embedded.engine import Connection
from oonib.warehouse.embedded.errors import (
    SESSION_IS_LOCKED,
    SESSION_NOT_FOUND,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    QueryError,
)

MAX_SESSIONS = 256


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many statements run at once and how long another one waits for its turn."""

    reads: int = 16
    writes: int = 6
    wait: float = 10.0


class Pool:
    """Connections shared by all requests without a session."""

    def __init__(self, connect: Callable[[], Connection], limits: PoolLimits) -> None:
        self._connect = connect
        self._limits = limits
        self._reads = threading.BoundedSemaphore(limits.reads)
        self._writes = threading.BoundedSemaphore(limits.writes)
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, *, writes: bool) -> Iterator[None]:
        """Wait for permission to run a statement, at most the configured time."""
        gate = self._writes if writes else self._reads
        if not gate.acquire(timeout=self._limits.wait):
            limit = self._limits.writes if writes else self._limits.reads
            raise QueryError.of(
                TOO_MANY_SIMULTANEOUS_QUERIES,
                f"Too many simultaneous queries. Maximum: {limit}",
                "TOO_MANY_SIMULTANEOUS_QUERIES",
            )
        try:
            yield
        finally:
            gate.release()

    def take(self) -> Connection:
        """An idle connection, or a new one: the caller already has its turn."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def give(self, connection: Connection, *, reusable: bool) -> None:
        """Take a connection back; one whose state a statement may have changed is replaced."""
        if not reusable:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


@dataclass(slots=True)
class _Session:
    connection: Connection
    expires: float
    busy: bool = False


class Sessions:
    """Connections pinned to a session id, with their temporary tables and settings."""

    def __init__(
        self, connect: Callable[[], Connection], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    @contextmanager
    def use(self, name: str, timeout: float, *, must_exist: bool) -> Iterator[Connection]:
        """The session's connection, for one statement at a time."""
        session = self._claim(name, must_exist=must_exist)
        try:
            yield session.connection
        finally:
            with self._lock:
                session.busy = False
                session.expires = self._clock() + timeout

    def expire(self) -> None:
        """Close the sessions whose time is over."""
        now = self._clock()
        with self._lock:
            over = [name for name, one in self._sessions.items() if not one.busy and one.expires <= now]
            closing = [self._sessions.pop(name) for name in over]
        for session in closing:
            session.connection.close()

    def drop(self, name: str) -> None:
        """Close one session now."""
        with self._lock:
            session = self._sessions.pop(name, None)
        if session is not None:
            session.connection.close()

    def close(self) -> None:
        """Close all sessions."""
        with self._lock:
            names = list(self._sessions)
        for name in names:
            self.drop(name)

    def _claim(self, name: str, *, must_exist: bool) -> _Session:
        self.expire()
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                session = self._open(name, must_exist=must_exist)
            elif session.busy:
                raise QueryError.of(
                    SESSION_IS_LOCKED, "Session is locked by a concurrent client", "SESSION_IS_LOCKED"
                )
            session.busy = True
            return session

    def _open(self, name: str, *, must_exist: bool) -> _Session:
        if must_exist:
            raise QueryError.of(SESSION_NOT_FOUND, "Session not found", "SESSION_NOT_FOUND")
        if len(self._sessions) >= MAX_SESSIONS:
            raise QueryError.of(
                TOO_MANY_SIMULTANEOUS_QUERIES, "Too many sessions", "TOO_MANY_SIMULTANEOUS_QUERIES"
            )
        session = _Session(self._connect(), expires=0.0)
        self._sessions[name] = session
        return session
