"""The database of a process: transactions that read, and transactions that write.

Safe from any thread. Owns no meaning: `read`, `rows` and `write` give what to ask through, the rest is the
caller's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from oonib.records.errors import Conflict, RecordsUnavailable

_BUSY_MILLISECONDS = 5_000
_MOST_CONNECTIONS = 10
_POOL_SECONDS = 10
_BEGIN = "oonib_begin"
_SERIALIZATION = frozenset({"40001", "40P01"})
_NO_TABLE = "42P01"
_CONNECT_SECONDS = 5


class Records:
    """Close it at the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """`sqlite:///FILE` or `postgresql+psycopg://…`; nothing is connected yet. Raises `ValueError`."""
        try:
            engine = create_engine(
                url,
                pool_size=_MOST_CONNECTIONS,
                max_overflow=0,
                pool_timeout=_POOL_SECONDS,
                # A file does not go away between two questions, as a server does.
                pool_pre_ping=not url.startswith("sqlite"),
                json_deserializer=orjson.loads,
                # A server that swallows packets must not hold its callers up for minutes.
                connect_args={"connect_timeout": _CONNECT_SECONDS} if url.startswith("postgresql") else {},
                # An error that is logged must not repeat what people wrote.
                hide_parameters=True,
            )
        except (ArgumentError, NoSuchModuleError, ImportError) as exc:
            # Neither names the password, which an error of the URL's parser would.
            raise ValueError(f"not a database that oonib can use ({type(exc).__name__})") from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        elif engine.dialect.name != "postgresql":
            raise ValueError(f"a database of the kind {engine.dialect.name} is not known")
        return cls(engine)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @staticmethod
    def has_table(session: Session, name: str) -> bool:
        """Whether there is a table of this name."""
        return inspect(session.connection()).has_table(name)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent view, with nothing written. Raises `RecordsUnavailable`."""
        with _errors(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def rows(self) -> Iterator[Connection]:
        """As `read`, for queries of columns: without objects, one row takes half the time."""
        with _errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: all of the block or nothing. In SQLite one at a time.

        Raises `Conflict` where a value is taken or somebody else was faster, and `RecordsUnavailable`.
        """
        with _errors(), self.engine.connect() as connection:
            connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            with Session(connection, expire_on_commit=False) as session, session.begin():
                yield session


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, StaleDataError):
        raise Conflict("somebody else was faster, or a value is taken") from None
    except PoolTimeout:
        raise RecordsUnavailable("every connection is in use") from None
    except DBAPIError as exc:
        if getattr(exc.orig, "sqlstate", None) in _SERIALIZATION:
            raise Conflict("somebody else was faster") from None
        if not _is_outage(exc):
            raise
        # The statement and its values may be private.
        raise RecordsUnavailable(type(exc.orig).__name__) from None


def _is_outage(exc: DBAPIError) -> bool:
    known = isinstance(exc, OperationalError | InterfaceError)
    return exc.connection_invalidated or known or getattr(exc.orig, "sqlstate", None) == _NO_TABLE


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions begin where SQLAlchemy says so and not where the driver thinks one is needed.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN)
    if begin is None:
        # Straight to the driver, which saves a quarter of a small read. No lock is taken yet: it cannot fail.
        connection.connection.cursor().execute("BEGIN")
    else:
        connection.exec_driver_sql(begin)
