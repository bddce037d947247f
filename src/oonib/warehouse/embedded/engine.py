"""The ClickHouse engine as a library: opening it and running one statement on one connection.

Owns every call into chdb. Knows nothing of HTTP. One connection runs one
statement at a time; the pool sees to that.
"""

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from oonib.warehouse.embedded.errors import DirectoryInUseError, EmbeddedError, QueryError

_NOT_STREAMABLE = "Streaming query is not supported"
_IN_USE = "Error initializing EmbeddedServer"


@dataclass(slots=True)
class Stats:
    """What one statement read and wrote."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0


@dataclass(slots=True)
class Connection:
    """One engine connection with the database and settings applied to it so far.

    Settings are reconciled lazily: nearly all requests carry the same ones, so
    most statements need no SET at all.
    """

    raw: Any
    home: str
    database: str
    settings: dict[str, str] = field(default_factory=dict)
    progress: Callable[[dict[str, int]], None] | None = None
    reporting: bool = False

    def apply(self, database: str, settings: Mapping[str, str]) -> None:
        """Make the connection's database and settings those of the request."""
        if database != self.database:
            self.execute(f"USE {quote_name(database)}")
            self.database = database
        stale = [name for name in self.settings if name not in settings]
        if stale:
            self.execute("SET " + ", ".join(f"{name} = DEFAULT" for name in stale))
            self.settings = {name: value for name, value in self.settings.items() if name in settings}
        fresh = {name: value for name, value in settings.items() if self.settings.get(name) != value}
        if fresh:
            self.execute("SET " + ", ".join(f"{n} = {quote_text(v)}" for n, v in _readonly_last(fresh)))
            self.settings = dict(settings)

    def query(self, sql: str, fmt: str, params: Mapping[str, str], stats: Stats) -> bytes:
        """Run a statement and return its whole result."""
        try:
            result = self.raw.query(sql, fmt, params=dict(params))
        except RuntimeError as error:
            raise QueryError(str(error)) from None
        _count(stats, result)
        return bytes(result.bytes())

    def stream(self, sql: str, fmt: str, params: Mapping[str, str], stats: Stats) -> Iterator[bytes]:
        """Run a statement and yield its result block by block; closing the iterator cancels it.

        A statement the engine cannot stream (SHOW, EXPLAIN, DDL) is run whole.
        """
        try:
            handle = self.raw.send_query(sql, fmt, params=dict(params))
        except RuntimeError as error:
            if _NOT_STREAMABLE not in str(error):
                raise QueryError(str(error)) from None
            yield self.query(sql, fmt, params, stats)
            return
        yield from self._fetch(handle, stats)

    def on_progress(self, callback: Callable[[dict[str, int]], None] | None) -> None:
        """Call `callback` with the engine's counters about ten times a second while a statement runs."""
        self.progress = callback
        if callback is not None and not self.reporting:
            self.reporting = True
            self.raw.set_progress_callback(self._report)

    def statement_count(self, sql: str) -> int:
        """How many statements a text holds, 0 when it does not parse."""
        return int(self.raw.classify_query(sql)["statement_count"])

    def execute(self, sql: str) -> None:
        """Run a statement whose result nobody wants."""
        self.query(sql, "TabSeparated", {}, Stats())

    def close(self) -> None:
        """Give the connection back to the engine; its temporary tables go with it."""
        self.raw.close()

    def _report(self, values: dict[str, int]) -> None:
        if self.progress is not None:
            self.progress(values)

    def _fetch(self, handle: Any, stats: Stats) -> Iterator[bytes]:
        finished = False
        try:
            while True:
                try:
                    block = self.raw.streaming_fetch_result(handle)
                except RuntimeError as error:
                    finished = True
                    raise QueryError(str(error)) from None
                if block is None or block.rows_read() == 0:
                    finished = True
                    return
                _count(stats, block)
                yield bytes(block.bytes())
        finally:
            if not finished:
                self.raw.streaming_cancel_query(handle)


class Engine:
    """The opened engine. Holds one connection of its own for housekeeping and KILL QUERY."""

    def __init__(self, directory: Path, config: Path, home: str) -> None:
        self._module = _load()
        self._anchor_lock = threading.Lock()
        self._dsn = f"{directory}?config-file={config}"
        self._home = home
        try:
            self._anchor = self._module.connect(self._dsn)
        except RuntimeError as error:
            raise _opening_error(directory, str(error)) from None
        self.control("CREATE DATABASE IF NOT EXISTS " + quote_name(home) + " ENGINE = Atomic")
        self.version = self.control("SELECT version()").decode().strip()
        self.timezone = self.control("SELECT timezone()").decode().strip()
        self.display_name = self.control("SELECT displayName()").decode().strip()

    def connect(self) -> Connection:
        """A new connection, about 0.3 ms."""
        raw = self._module.connect(self._dsn)
        connection = Connection(raw=raw, home=self._home, database="")
        connection.apply(self._home, {})
        return connection

    def control(self, sql: str, params: Mapping[str, str] | None = None) -> bytes:
        """Run a short statement beside everything else."""
        try:
            with self._anchor_lock:
                return bytes(self._anchor.query(sql, "TabSeparated", params=dict(params or {})).bytes())
        except RuntimeError as error:
            raise QueryError(str(error)) from None

    def close(self) -> None:
        """Close the last connection, which shuts the engine down."""
        self._anchor.close()


def quote_text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(value: str) -> str:
    """An identifier."""
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _load() -> ModuleType:
    # Importing chdb costs 0.2 s and 220 MB, so it happens only in the process that opens the engine.
    module = importlib.import_module("chdb._chdb")
    importlib.import_module("chdb")
    return module


def _opening_error(directory: Path, text: str) -> EmbeddedError:
    if _IN_USE in text:
        return DirectoryInUseError(f"{directory} is in use by another process, or cannot be read: {text}")
    return EmbeddedError(f"the engine does not open {directory}: {text}")


def _readonly_last(settings: Mapping[str, str]) -> list[tuple[str, str]]:
    # Once readonly is set no other setting can be.
    return sorted(settings.items(), key=lambda item: item[0] == "readonly")


def _count(stats: Stats, result: Any) -> None:
    stats.read_rows += int(result.storage_rows_read())
    stats.read_bytes += int(result.storage_bytes_read())
    stats.written_rows += int(result.rows_written())
    stats.written_bytes += int(result.bytes_written())
    stats.result_rows += int(result.rows_read())
    stats.result_bytes += int(result.bytes_read())
    stats.elapsed_ns += int(result.elapsed() * 1e9)
