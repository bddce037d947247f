"""The one door to ClickHouse for the rest of the program: typed, synchronous, safe from many threads.

Values travel as bound parameters or as insert columns, never inside SQL text.
Speaks to the embedded server, a server or a cluster alike.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import IOBase
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import clickhouse_connect
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httputil import get_pool_manager
from urllib3.exceptions import HTTPError

from oonib.warehouse.errors import WarehouseError, WarehouseRejectedData
from oonib.warehouse.translate import translate
from oonib.warehouse.values import check_labels, clean_rows, enum_labels

_log = structlog.get_logger(__name__)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT_STEPS = (3.0, 7.0, 15.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
_GRACE = 2.0
_CONNECT_TIMEOUT = 5
_CONNECTIONS = 32
_PIECE = 256 * 1024
_SERIALISATION_ERRORS = (
    TypeError,
    ValueError,
    OverflowError,
    AttributeError,
    IndexError,
    KeyError,
    ArithmeticError,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a statement cost."""

    read_rows: int = 0
    read_bytes: int = 0
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Rows:
    """A result with its column names. An empty result may have no names."""

    column_names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    summary: Summary


@dataclass(frozen=True, slots=True)
class Address:
    """Where ClickHouse is and who we are there."""

    host: str
    port: int
    username: str
    password: str
    database: str
    secure: bool

    @classmethod
    def parse(cls, url: str) -> "Address":
        """From http(s)://user:password@host:port/database; clickhouse:// and clickhouses:// mean the same."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https", "clickhouse", "clickhouses"} or not parts.hostname:
            raise ValueError("a ClickHouse URL looks like http://user:password@host:8123/database")
        secure = parts.scheme in {"https", "clickhouses"}
        return cls(
            host=parts.hostname,
            port=parts.port or (8443 if secure else 8123),
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")) or "default",
            secure=secure,
        )


@dataclass(frozen=True, slots=True)
class _Target:
    """The types of the columns that rows go into, and the labels of those that are enums."""

    types: Sequence[Any]
    enums: Mapping[int, frozenset[str]]


class Warehouse:
    """A connection to ClickHouse that opens when first used and comes back after the server was away."""

    def __init__(self, address: Address, *, cluster: str | None, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._clients: dict[float, Client] = {}
        self._targets: dict[tuple[str, tuple[str, ...]], _Target] = {}
        self._lock = threading.Lock()
        self.cluster = cluster

    @classmethod
    def connect(cls, url: str, *, cluster: str | None = None, timeout: float = 28.0) -> "Warehouse":
        """Point at a server without talking to it yet."""
        return cls(Address.parse(url), cluster=cluster or None, timeout=timeout)

    @property
    def database(self) -> str:
        """The database that statements use unless they name another."""
        return self._address.database

    def select(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        result = self.select_rows(sql, parameters, settings=settings, timeout=timeout)
        return [dict(zip(result.column_names, row, strict=True)) for row in result.rows]

    def select_rows(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> Rows:
        """All rows as tuples, with the column names and what they cost."""
        limit = timeout or self._timeout
        with _errors():
            result = self._client(limit).query(
                sql, parameters=_plain(parameters), settings=_limited(settings, limit)
            )
            rows = [tuple(row) for row in result.result_rows]
        return Rows(tuple(result.column_names), rows, _summary(result.summary))

    def stream(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
        note_cost: Callable[[Summary], None] = lambda _cost: None,
    ) -> Iterator[tuple[Any, ...]]:
        """Rows as they come, in bounded memory. Closing the iterator early stops the query.

        `note_cost` is told before the first row what the query has cost by then.
        """
        limit = timeout or self._timeout
        query_id = uuid.uuid4().hex
        with _errors():
            wanted = {**_limited(settings, limit), "query_id": query_id}
            with self._ended_early(query_id):
                stream = self._client(limit).query_rows_stream(
                    sql, parameters=_plain(parameters), settings=wanted
                )
            with stream as rows, self._ended_early(query_id):
                note_cost(_summary(getattr(stream.source, "summary", {})))
                for row in rows:
                    yield tuple(row)

    def stream_bytes(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        form: Literal["Parquet", "ArrowStream"],
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> Iterator[bytes]:
        """The result in a form that ClickHouse writes itself. Closing the iterator early stops the query."""
        limit = timeout or self._timeout
        query_id = uuid.uuid4().hex
        with _errors():
            wanted = {**_limited(settings, limit), "query_id": query_id}
            with self._ended_early(query_id):
                stream = self._client(limit).raw_stream(
                    sql, parameters=_plain(parameters), settings=wanted, fmt=form
                )
            with cast("IOBase", stream) as pieces, self._ended_early(query_id):
                while piece := pieces.read(_PIECE):
                    yield piece

    @contextmanager
    def _ended_early(self, query_id: str) -> Iterator[None]:
        """Whatever runs under this id is stopped when the block does not reach its end.

        Innermost around a stream: closing one reads it to its end, which only comes once the query is over.
        """
        finished = False
        try:
            yield
            finished = True
        finally:
            if not finished:
                self._kill(query_id)

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        *,
        dedup_token: str | None = None,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Insert rows; on return they are stored. A token repeated within the window inserts nothing."""
        if not rows:
            return
        limit = timeout or self._timeout
        # Old measurements fall into as many partitions as they have months.
        wanted = {"max_partitions_per_insert_block": 0, **_limited(settings, limit)}
        # Without a token ClickHouse compares contents, and a return to an earlier score would be dropped. One
        # made up for this call keeps the library's own second try after a lost connection from storing twice.
        wanted["insert_deduplication_token"] = dedup_token or uuid.uuid4().hex
        clean = clean_rows(rows)
        with _errors():
            client = self._client(limit)
            target = self._target(client, table, tuple(columns))
        try:
            with _errors(inserting=True):
                check_labels(target.enums, clean)
                client.insert(
                    table, clean, column_names=list(columns), column_types=target.types, settings=wanted
                )
        except WarehouseError:
            # The table may have changed since its types were asked for.
            self._targets.pop((table, tuple(columns)), None)
            raise

    def command(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
        use_database: bool = True,
    ) -> str:
        """Run a statement such as DDL; its result as text, empty when it has none."""
        limit = timeout or self._timeout
        with _errors():
            result = self._client(limit).raw_query(
                sql,
                parameters=_plain(parameters),
                settings=_limited(settings, limit),
                use_database=use_database,
            )
        return result.decode("utf-8", "replace").removesuffix("\n")

    def ping(self) -> bool:
        """Whether the server answers a query right now."""
        try:
            return self.command("SELECT 1", timeout=_TIMEOUT_STEPS[0], use_database=False) == "1"
        except WarehouseError:
            return False

    def close(self) -> None:
        """Close the connections; the warehouse can be used again after it."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()
            client.close_connections()

    def _kill(self, query_id: str) -> None:
        # Closing a stream reads it to its end, so the server is told to end it.
        on_cluster = f"ON CLUSTER '{self.cluster}' " if self.cluster else ""
        sql = f"KILL QUERY {on_cluster}WHERE query_id = {{id:String}} ASYNC"
        try:
            self.command(sql, {"id": query_id}, use_database=False)
        except WarehouseError as error:
            _log.warning("warehouse.kill_failed", code=error.code)

    def _client(self, limit: float) -> Client:
        # The library fixes the socket timeout per client, so there is one for each step of patience.
        step = next((step for step in _TIMEOUT_STEPS if step >= limit + _GRACE), limit + _GRACE)
        client = self._clients.get(step)
        if client is not None:
            return client
        with self._lock:
            if step not in self._clients:
                self._clients[step] = self._open(step)
            return self._clients[step]

    def _open(self, step: float) -> Client:
        address = self._address
        client = clickhouse_connect.get_client(
            host=address.host,
            port=address.port,
            username=address.username,
            password=address.password,
            secure=address.secure,
            # The database may not exist yet; each request names it.
            database="__default__",
            compress=address.host not in _LOOPBACK,
            autogenerate_session_id=False,
            connect_timeout=_CONNECT_TIMEOUT,
            send_receive_timeout=int(step),
            query_limit=0,
            client_name="oonib",
            tz_mode="aware",
            # Our own, so that a proxy of the environment never stands before the loopback.
            pool_mgr=get_pool_manager(maxsize=_CONNECTIONS),
        )
        client.database = address.database
        return client

    def _target(self, client: Client, table: str, columns: tuple[str, ...]) -> _Target:
        key = (table, columns)
        target = self._targets.get(key)
        if target is None:
            types = client.create_insert_context(table, list(columns)).column_types
            labels = {index: enum_labels(one.name) for index, one in enumerate(types)}
            target = _Target(types, {index: one for index, one in labels.items() if one is not None})
            self._targets[key] = target
        return target


@contextmanager
def _errors(*, inserting: bool = False) -> Iterator[None]:
    """Every failure of the library as one of ours."""
    try:
        yield
    except (ClickHouseError, HTTPError, OSError) as error:
        raise translate(error, inserting=inserting) from error
    except _SERIALISATION_ERRORS as error:
        if not inserting:
            raise
        raise WarehouseRejectedData(None, f"{type(error).__name__}: {error}") from error


def _limited(settings: Mapping[str, object] | None, limit: float) -> dict[str, Any]:
    return {"max_execution_time": max(1, int(limit)), **(settings or {})}


def _plain(parameters: Mapping[str, object] | None) -> dict[str, Any] | None:
    return dict(parameters) if parameters is not None else None


def _summary(values: Mapping[str, Any]) -> Summary:
    return Summary(
        read_rows=int(values.get("read_rows", 0)),
        read_bytes=int(values.get("read_bytes", 0)),
        elapsed=int(values.get("elapsed_ns", 0)) / 1e9,
    )
