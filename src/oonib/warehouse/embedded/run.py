"""Running one request's statement and sending its answer.

Decides which connection serves it, whether the result streams or is gathered
first, and what an error looks like at each stage.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from oonib.warehouse.embedded import codecs
from oonib.warehouse.embedded.engine import Connection, Stats, quote_name, quote_text
from oonib.warehouse.embedded.errors import BAD_ARGUMENTS, NO_DATA_TO_INSERT, SYNTAX_ERROR, QueryError
from oonib.warehouse.embedded.live import Live
from oonib.warehouse.embedded.pool import Pool, Sessions
from oonib.warehouse.embedded.request import ExternalTable, Request
from oonib.warehouse.embedded.respond import Responder, summary
from oonib.warehouse.embedded.scratch import Scratch

_MEBIBYTE = 1024 * 1024
_HELD_BACK = _MEBIBYTE
# Formats whose blocks, set one after another, are the whole result.
_JOINABLE = frozenset({
    "native", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "csv", "rowbinary", "jsoneachrow",
    "jsonlines", "ndjson", "jsoncompacteachrow", "jsonstringseachrow", "lineasstring", "msgpack", "null",
})  # fmt: skip
_ONE_HEADER_LINE = frozenset({"tabseparatedwithnames", "tsvwithnames", "csvwithnames"})
_HAS_RESULT = frozenset(
    {"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK", "KILL"}
)
_LEAVES_NO_TRACE = frozenset(
    {"SELECT", "WITH", "FROM", "INSERT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"}
)
_HEADER_LINE = re.compile(rb'(?:"(?:[^"]++|"")*+"|[^"\n]++)*+\n')
_CONTENT_TYPES = {
    "json": "application/json; charset=UTF-8",
    "jsoncompact": "application/json; charset=UTF-8",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8; header=absent",
    "csvwithnames": "text/csv; charset=UTF-8; header=present",
    "tabseparated": "text/tab-separated-values; charset=UTF-8",
    "tabseparatedwithnames": "text/tab-separated-values; charset=UTF-8",
    "native": "application/octet-stream",
}


class Runner:
    """Runs statements of all clients over one engine."""

    def __init__(self, pool: Pool, sessions: Sessions, live: Live, scratch: Scratch) -> None:
        self._pool = pool
        self._sessions = sessions
        self._live = live
        self._scratch = scratch

    def run(self, request: Request, responder: Responder) -> None:
        """Run the statement; everything it has to say goes to the responder."""
        _check(request)
        with ExitStack() as held:
            # All data is here before the statement takes its turn: a slow sender holds no connection.
            files = [
                (table, held.enter_context(self._scratch.holding(BytesIO(table.data))))
                for table in request.externals
            ]
            data = (
                held.enter_context(self._scratch.holding(request.data)) if request.data is not None else None
            )
            writes = data is not None or request.statement.keyword not in _HAS_RESULT
            connection = held.enter_context(self._connection(request, writes=writes))
            connection.apply(request.database, request.settings)
            _watch_progress(connection, request, responder)
            held.enter_context(_external_tables(connection, files))
            if data is not None:
                _insert(connection, request, data, responder)
            else:
                self._answer(connection, request, responder)

    @contextmanager
    def _connection(self, request: Request, *, writes: bool) -> Iterator[Connection]:
        if request.session_id:
            session = self._sessions.use(
                request.session_id, request.session_timeout, must_exist=request.session_check
            )
            with session as connection, self._pool.turn(writes=writes):
                yield connection
            return
        with self._pool.turn(writes=writes):
            connection = self._pool.take()
            clean = False
            try:
                yield connection
                clean = request.statement.keyword in _LEAVES_NO_TRACE and "readonly" not in request.settings
            finally:
                self._pool.give(connection, reusable=clean)

    def _answer(self, connection: Connection, request: Request, responder: Responder) -> None:
        stats = Stats()
        text = self._live.marked(request)
        shape = request.format.lower()
        if request.statement.kind == "select" and shape in _JOINABLE | _ONE_HEADER_LINE:
            blocks = connection.stream(text, request.format, request.params, stats)
            if shape in _ONE_HEADER_LINE:
                blocks = _one_header(blocks, connection, text, request)
        else:
            if request.statement.keyword == "KILL":
                text = self._live.with_engine_ids(text, request.params)
            blocks = _whole(connection, text, request, stats)
        _send(blocks, request, responder, stats, scratch=self._scratch)


def _check(request: Request) -> None:
    if request.statement.local_file:
        raise QueryError.of(1, "INTO OUTFILE and FROM INFILE are not allowed", "UNSUPPORTED_METHOD")


def _whole(connection: Connection, text: str, request: Request, stats: Stats) -> Iterator[bytes]:
    if connection.statement_count(text) > 1:
        raise QueryError.of(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)", "SYNTAX_ERROR")
    yield connection.query(text, request.format, request.params, stats)


def _one_header(
    blocks: Iterator[bytes], connection: Connection, text: str, request: Request
) -> Iterator[bytes]:
    """Each block comes with the header line; keep the first, and make one when there are no blocks."""
    header: bytes | None = None
    for block in blocks:
        if header is None:
            header = _first_line(block)
            yield block
        else:
            yield block.removeprefix(header)
    if header is None:
        yield connection.query(text, request.format, request.params, Stats())


def _first_line(block: bytes) -> bytes:
    match = _HEADER_LINE.match(block)
    return match.group() if match else b""


def _send(
    blocks: Iterator[bytes], request: Request, responder: Responder, stats: Stats, *, scratch: Scratch
) -> None:
    with scratch.buffer() as held:
        size = 0
        try:
            for block in blocks:
                if responder.begun:
                    responder.write(block)
                    continue
                held.write(block)
                size += len(block)
                if size > _HELD_BACK and not request.wait_end:
                    _open(held, request, responder, stats)
        except QueryError as error:
            if not responder.begun:
                raise
            responder.fail(error.message)
            return
        finally:
            blocks.close()  # type: ignore[attr-defined]  # all are generators: closing cancels the statement
        _close(held, size, request, responder, stats)


def _close(held: IO[bytes], size: int, request: Request, responder: Responder, stats: Stats) -> None:
    if responder.begun:
        responder.finish()
    elif size > _HELD_BACK:
        _open(held, request, responder, stats)
        responder.finish()
    else:
        held.seek(0)
        _send_small(held.read(), request, responder, stats)


def _send_small(body: bytes, request: Request, responder: Responder, stats: Stats) -> None:
    headers = _headers(request, stats, has_result=bool(body) or request.statement.keyword in _HAS_RESULT)
    encoding = codecs.encoder(request.accept) if body else None
    if encoding is not None:
        headers["Content-Encoding"], packer = encoding
        body = packer.encode(body) + packer.finish()
    responder.whole(200, body, headers)


def _open(held: IO[bytes], request: Request, responder: Responder, stats: Stats) -> None:
    responder.begin(_headers(request, stats, has_result=True), codecs.encoder(request.accept))
    held.seek(0)
    while piece := held.read(_MEBIBYTE):
        responder.write(piece)
    held.seek(0)
    held.truncate()


def _insert(connection: Connection, request: Request, path: Path, responder: Responder) -> None:
    stats = Stats()
    given = request.default_format if request.default_format != "TabSeparated" else "Values"
    sql = _from_file(
        request.statement.text, path, request.statement.settings, request.statement.format or given
    )
    _run_insert(connection, sql, request.params, stats)
    responder.whole(200, b"", _headers(request, stats, has_result=False))


def _run_insert(connection: Connection, sql: str, params: Mapping[str, str], stats: Stats) -> None:
    try:
        connection.query(sql, "Null", params, stats)
    except QueryError as error:
        # A server takes an empty body for no rows.
        if error.code != NO_DATA_TO_INSERT:
            raise


def _from_file(head: str, path: Path, settings: str, fmt: str) -> str:
    if not fmt.isidentifier():
        raise QueryError.of(BAD_ARGUMENTS, f"Unknown format {fmt}", "BAD_ARGUMENTS")
    # A line of its own, because the head may end in a comment.
    return f"{head}\nFROM INFILE {quote_text(str(path))} COMPRESSION 'none'\n{settings}\nFORMAT {fmt}"


def _headers(request: Request, stats: Stats, *, has_result: bool) -> dict[str, str]:
    headers = {"X-ClickHouse-Summary": summary(stats), "X-ClickHouse-Query-Id": request.query_id}
    if has_result:
        headers["X-ClickHouse-Format"] = request.format
        headers["Content-Type"] = _CONTENT_TYPES.get(request.format.lower(), "text/plain; charset=UTF-8")
    return headers


def _watch_progress(connection: Connection, request: Request, responder: Responder) -> None:
    interval = request.progress_interval
    if interval is None:
        connection.on_progress(None)
    else:
        connection.on_progress(lambda values: responder.progress(values, interval))


@contextmanager
def _external_tables(connection: Connection, files: list[tuple[ExternalTable, Path]]) -> Iterator[None]:
    made: list[str] = []
    try:
        for table, path in files:
            name = quote_name(table.name)
            connection.execute(f"CREATE TEMPORARY TABLE {name} ({table.structure}) ENGINE = Memory")
            made.append(name)
            _run_insert(connection, _from_file(f"INSERT INTO {name}", path, "", table.format), {}, Stats())
        yield
    finally:
        for name in made:
            connection.execute(f"DROP TEMPORARY TABLE IF EXISTS {name}")
