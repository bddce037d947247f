"""What a request asks for: credentials, settings, parameters, session, statement and data."""

import base64
import binascii
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from oonib.warehouse.embedded import multipart
from oonib.warehouse.embedded.codecs import Readable, decoder
from oonib.warehouse.embedded.errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    QUERY_IS_TOO_LARGE,
    QueryError,
)
from oonib.warehouse.embedded.wire import Body, Head
from oonib.warehouse.sqltext import Statement, first_keyword, parse

MAX_QUERY = 16 * 1024 * 1024
_INSERT_HEAD = 1024 * 1024
_PIECE = 256 * 1024
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_UNSAFE_ID = re.compile(r"[^A-Za-z0-9_.:-]")
# Arguments that speak to the HTTP interface, and settings that only a listening server has.
_TRANSPORT = frozenset({
    "add_http_cors_header", "buffer_size", "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version", "close_session", "compress", "database", "decompress", "default_format",
    "enable_http_compression", "http_headers_progress_interval_ms", "http_zlib_compression_level",
    "output_format_native_block_info", "password", "query", "query_id", "quota_key", "role",
    "send_progress_in_http_headers", "session_check", "session_id", "session_timeout", "stacktrace", "user",
    "wait_end_of_query",
})  # fmt: skip
_EXTERNAL = re.compile(r"(.+)_(format|structure|types)")


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table that came with the request and lives as long as its statement."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(slots=True)
class Request:
    """A statement with everything it needs to run."""

    statement: Statement
    data: Readable | None
    database: str
    settings: dict[str, str]
    params: dict[str, str]
    query_id: str
    default_format: str
    session_id: str
    session_timeout: float
    session_check: bool
    wait_end: bool
    progress_interval: float | None
    accept: str
    externals: list[ExternalTable] = field(default_factory=list)

    @property
    def format(self) -> str:
        """The output format, or the input format of an INSERT."""
        return self.statement.format or self.default_format


class _After:
    """What is left of a body after the first bytes were looked at."""

    def __init__(self, first: bytes, rest: Readable) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int = _PIECE, /) -> bytes:
        if self._first:
            piece, self._first = self._first[:size], self._first[size:]
            return piece
        return self._rest.read(size)


def authenticate(head: Head, user: str, password: str) -> None:
    """Refuse anybody who does not know the password."""
    given_user, given_password = _credentials(head)
    same = secrets.compare_digest(given_password.encode(), password.encode())
    if not (same and given_user == user):
        text = (
            f"{given_user}: Authentication failed: password is incorrect, or there is no user with such name"
        )
        raise QueryError.of(AUTHENTICATION_FAILED, text, "AUTHENTICATION_FAILED")


def read(head: Head, body: Body, home: str) -> Request:
    """Read a request up to where an INSERT's data begins."""
    args = dict(head.params)
    _refuse_block_compression(args)
    source: Readable = decoder(head.headers.get("content-encoding", "").lower(), body)
    externals: list[ExternalTable] = []
    mark = multipart.boundary(head.headers.get("content-type", ""))
    if mark is not None:
        externals = _read_form(source, mark, args)
        source = _After(b"", _Nothing())
    statement, data = _read_statement(args.get("query", "").encode(), source)
    return _assemble(head, args, statement=statement, data=data, externals=externals, home=home)


def _assemble(
    head: Head,
    args: Mapping[str, str],
    *,
    statement: Statement,
    data: Readable | None,
    externals: list[ExternalTable],
    home: str,
) -> Request:
    settings = _settings(args, {table.name for table in externals})
    if head.method == "GET" and settings.get("readonly", "0") == "0":
        settings["readonly"] = "2"
    compress = args.get("enable_http_compression", "0") == "1"
    interval = float(args.get("http_headers_progress_interval_ms") or 100) / 1000
    return Request(
        statement=statement,
        data=data,
        database=args.get("database") or head.headers.get("x-clickhouse-database", "") or home,
        settings=settings,
        params={name[6:]: value for name, value in args.items() if name.startswith("param_")},
        query_id=_UNSAFE_ID.sub("_", args.get("query_id", ""))[:128] or str(uuid.uuid4()),
        default_format=args.get("default_format")
        or head.headers.get("x-clickhouse-format", "")
        or "TabSeparated",
        session_id=args.get("session_id", ""),
        session_timeout=_session_timeout(args.get("session_timeout", "60")),
        session_check=args.get("session_check") == "1",
        wait_end=args.get("wait_end_of_query") in {"1", "true"},
        progress_interval=interval if args.get("send_progress_in_http_headers") == "1" else None,
        accept=head.headers.get("accept-encoding", "") if compress else "",
        externals=externals,
    )


class _Nothing:
    def read(self, _size: int = 0, /) -> bytes:
        return b""


def _credentials(head: Head) -> tuple[str, str]:
    if "x-clickhouse-user" in head.headers or "x-clickhouse-key" in head.headers:
        return head.headers.get("x-clickhouse-user", "default"), head.headers.get("x-clickhouse-key", "")
    scheme, _, value = head.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, password
    return head.params.get("user", "default"), head.params.get("password", "")


def _refuse_block_compression(args: Mapping[str, str]) -> None:
    for name in ("compress", "decompress"):
        if args.get(name) in {"1", "true"}:
            text = f"{name}=1 (blocks in ClickHouse's own compression) is not supported, use Content-Encoding"
            raise QueryError.of(NOT_IMPLEMENTED, text, "NOT_IMPLEMENTED")


def _read_form(source: Readable, mark: str, args: dict[str, str]) -> list[ExternalTable]:
    tables = []
    for part in multipart.parts(source, mark):
        if part.filename is None:
            args[part.name] = part.data.decode("utf-8", "replace")
        else:
            tables.append(part)
    return [_external(part.name, part.data, args) for part in tables]


def _external(name: str, data: bytes, args: Mapping[str, str]) -> ExternalTable:
    structure = args.get(f"{name}_structure", "")
    if not structure and f"{name}_types" in args:
        types = _split_types(args[f"{name}_types"])
        structure = ", ".join(f"_{number} {one}" for number, one in enumerate(types, 1))
    if not structure:
        text = f"Neither structure nor types of external table {name} given"
        raise QueryError.of(BAD_ARGUMENTS, text, "BAD_ARGUMENTS")
    return ExternalTable(name, structure, args.get(f"{name}_format") or "TabSeparated", data)


def _split_types(text: str) -> list[str]:
    types, depth, current = [], 0, ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            types.append(current.strip())
            current = ""
        else:
            current += char
    return [*types, current.strip()]


def _read_statement(query: bytes, source: Readable) -> tuple[Statement, Readable | None]:
    # A query in the URL and a body are one text, as a server joins them.
    text = query + b"\n" if query else b""
    first = source.read(_PIECE)
    text += first
    if first_keyword(text) == "INSERT":
        return _read_insert(text, source)
    while piece := source.read(_PIECE):
        text += piece
        _check_size(text, MAX_QUERY)
    if not text.strip():
        raise QueryError.of(62, "Empty query", "SYNTAX_ERROR")
    return parse(text), None


def _read_insert(text: bytes, source: Readable) -> tuple[Statement, Readable | None]:
    statement = parse(text)
    while statement.data_at is None and (piece := source.read(_PIECE)):
        text += piece
        _check_size(text, MAX_QUERY if statement.kind == "other" else _INSERT_HEAD)
        if statement.kind == "insert":
            statement = parse(text)
    if statement.kind == "other":
        return parse(text), None
    at = len(text) if statement.data_at is None else statement.data_at
    return statement, _After(text[at:], source)


def _check_size(text: bytes, limit: int) -> None:
    if len(text) > limit:
        raise QueryError.of(QUERY_IS_TOO_LARGE, f"Query is longer than {limit} bytes", "TOO_MANY_BYTES")


def _settings(args: Mapping[str, str], externals: set[str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for name, value in args.items():
        if name in _TRANSPORT or name.startswith("param_") or _describes(name, externals):
            continue
        if not _SETTING.fullmatch(name):
            raise QueryError.of(115, f"Unknown setting '{name}'", "UNKNOWN_SETTING")
        settings[name] = value
    return settings


def _describes(name: str, externals: set[str]) -> bool:
    match = _EXTERNAL.fullmatch(name)
    return bool(match and match.group(1) in externals)


def _session_timeout(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 3600.0)
    except ValueError:
        raise QueryError.of(BAD_ARGUMENTS, "Invalid session_timeout", "BAD_ARGUMENTS") from None
