"""The HTTP interface itself, byte for byte: heads, framing, compression, and clients that misbehave."""

import base64
import gzip
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import lz4.frame
import pytest
import zstandard

from support.clickhouse import EmbeddedServer

CRLF = b"\r\n"


@dataclass
class Answer:
    """A response taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool = True
    progress: list[dict[str, str]] = field(default_factory=list)


class Talk:
    """A raw connection."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self.sock = socket.create_connection((server.host, server.port), timeout=60)
        self.file = self.sock.makefile("rb")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def ask(
        self, sql: bytes = b"", method: str = "POST", headers: dict[str, str] | None = None, **params: str
    ) -> Answer:
        given = {"Host": "x", "X-ClickHouse-User": "default", "X-ClickHouse-Key": self.server.password}
        given |= {"Content-Length": str(len(sql))} | (headers or {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        self.send(f"{method} /?{urlencode(params)} HTTP/1.1\r\n{lines}\r\n".encode() + sql)
        return self.answer()

    def answer(self) -> Answer:
        status = int(self.file.readline().split()[1])
        headers, progress = {}, []
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            if name == "X-ClickHouse-Progress":
                progress.append(json.loads(value))
            headers[name.lower()] = value
        if headers.get("transfer-encoding") == "chunked":
            body, complete = self._chunks()
        else:
            body, complete = self.file.read(int(headers.get("content-length", 0))), True
        return Answer(status, headers, body, complete, progress)

    def closed(self) -> bool:
        """Whether the server ends the connection; waits for it."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def start(self, sql: bytes, query: str) -> None:
        """Send a statement without waiting for its answer."""
        head = f"POST /?{query} HTTP/1.1\r\nX-ClickHouse-User: default\r\n"
        head += f"X-ClickHouse-Key: {self.server.password}\r\nContent-Length: {len(sql)}\r\n\r\n"
        self.send(head.encode() + sql)

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def _chunks(self) -> tuple[bytes, bool]:
        body = b""
        while line := self.file.readline():
            size = int(line, 16)
            piece = self.file.read(size)
            self.file.readline()
            if size == 0:
                return body, True
            body += piece
        return body, False


@pytest.fixture
def talk(server: EmbeddedServer) -> Iterator[Talk]:
    opened = Talk(server)
    yield opened
    opened.close()


def alive(server: EmbeddedServer) -> bool:
    other = Talk(server)
    answer = other.ask(b"SELECT 1")
    other.close()
    return answer.body == b"1\n"


def test_the_head_of_an_answer(talk: Talk) -> None:
    answer = talk.ask(b"SELECT 1 AS n", query_id="head-1")
    assert answer.status == 200
    assert answer.body == b"1\n"
    assert answer.headers["x-clickhouse-format"] == "TabSeparated"
    assert answer.headers["x-clickhouse-query-id"] == "head-1"
    assert answer.headers["x-clickhouse-timezone"] == "UTC"
    assert answer.headers["x-clickhouse-server-display-name"]
    assert answer.headers["content-type"] == "text/tab-separated-values; charset=UTF-8"
    assert json.loads(answer.headers["x-clickhouse-summary"])["result_rows"] == "1"


@pytest.mark.parametrize("path", ["/", "/ping", "/replicas_status"])
def test_greetings_need_no_password(talk: Talk, path: str) -> None:
    talk.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = talk.answer()
    assert (answer.status, answer.body) == (200, b"Ok.\n")


def test_unknown_paths_and_methods(talk: Talk) -> None:
    talk.send(b"GET /play HTTP/1.1\r\nHost: x\r\n\r\n")
    assert talk.answer().status == 404
    talk.send(b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert talk.answer().status == 405
    assert talk.ask(b"SELECT 1").status == 200


def test_every_way_to_authenticate(server: EmbeddedServer, talk: Talk) -> None:
    no_headers = {"X-ClickHouse-User": "", "X-ClickHouse-Key": ""}
    basic = base64.b64encode(f"default:{server.password}".encode()).decode()
    assert talk.ask(b"SELECT 1", headers=no_headers | {"Authorization": f"Basic {basic}"}).status == 200
    assert talk.ask(b"SELECT 1", headers=no_headers, user="default", password=server.password).status == 200
    for headers in ({"Authorization": "Basic !!"}, {"Authorization": "Bearer x"}, {}):
        refused = talk.ask(b"SELECT 1", headers=no_headers | headers)
        assert refused.status == 401
        assert refused.headers["x-clickhouse-exception-code"] == "516"
        assert refused.headers["www-authenticate"].startswith("Basic")
    assert server.password.encode() not in refused.body


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        (b"SELECT * FROM missing_table", 404, "60"),
        (b"SELECT FROM WHERE", 400, "62"),
        (b"", 400, "62"),
        (b"SELECT sleep(3) SETTINGS max_execution_time = 1", 408, "159"),
    ],
)
def test_errors_have_a_status_and_a_code(talk: Talk, sql: bytes, status: int, code: str) -> None:
    answer = talk.ask(sql)
    assert (answer.status, answer.headers["x-clickhouse-exception-code"]) == (status, code)
    assert answer.body.startswith(f"Code: {code}. DB::Exception: ".encode())
    assert b"(version 2" in answer.body
    assert talk.ask(b"SELECT 1").body == b"1\n"


def test_get_reads_and_never_writes(talk: Talk) -> None:
    assert talk.ask(method="GET", query="SELECT 5").body == b"5\n"
    answer = talk.ask(method="GET", query="CREATE TABLE default.g (n UInt8) ENGINE = Memory")
    assert answer.headers["x-clickhouse-exception-code"] == "164"


def test_the_query_may_be_split_between_url_and_body(talk: Talk) -> None:
    assert talk.ask(b"+ 2", query="SELECT 1").body == b"3\n"
    assert talk.ask(b"SELECT 7", default_format="JSONEachRow").body == b'{"7":7}\n'
    assert talk.ask(b"SELECT 7 AS n", headers={"X-ClickHouse-Format": "CSVWithNames"}).body == b'"n"\n7\n'


ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
}
DECODERS = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "lz4": lz4.frame.decompress,
}


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
@pytest.mark.parametrize("rows", [1, 300_000])
def test_content_encodings(talk: Talk, encoding: str, rows: int) -> None:
    body = ENCODERS[encoding](f"SELECT number FROM numbers({rows})".encode())
    headers = {"Content-Encoding": encoding, "Accept-Encoding": f"unheard-of, {encoding};q=0.9"}
    answer = talk.ask(body, headers=headers, enable_http_compression="1")
    assert answer.headers["content-encoding"] == encoding
    assert DECODERS[encoding](answer.body).count(b"\n") == rows
    plain = talk.ask(body, headers=headers)
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("encoding", ["gzip", "lz4", "zstd"])
def test_a_body_of_several_compressed_members(talk: Talk, encoding: str) -> None:
    body = ENCODERS[encoding](b"SELECT 1 ") + ENCODERS[encoding](b"+ 1")
    assert talk.ask(body, headers={"Content-Encoding": encoding}).body == b"2\n"


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
def test_broken_compression_is_an_error_not_a_crash(talk: Talk, encoding: str) -> None:
    answer = talk.ask(b"SELECT 1 this is not compressed", headers={"Content-Encoding": encoding})
    assert answer.headers["x-clickhouse-exception-code"] == "271"
    assert talk.ask(b"SELECT 1").body == b"1\n"


def test_what_is_not_supported_says_so(talk: Talk) -> None:
    assert (
        talk.ask(b"SELECT 1", headers={"Content-Encoding": "snappy"}).headers["x-clickhouse-exception-code"]
        == "89"
    )
    assert talk.ask(b"SELECT 1", compress="1").status == 501
    assert talk.ask(b"SELECT 1", decompress="1").status == 501


def test_a_large_result_comes_in_chunks(talk: Talk) -> None:
    answer = talk.ask(b"SELECT number FROM numbers(1000000)")
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body.count(b"\n") == 1_000_000
    assert talk.ask(b"SELECT 1").body == b"1\n"


def test_an_error_in_mid_stream_is_marked_and_the_answer_is_cut(talk: Talk) -> None:
    sql = b"SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_threads = 1"
    answer = talk.ask(sql)
    tag = answer.headers["x-clickhouse-exception-tag"].encode()
    assert answer.status == 200
    assert not answer.complete
    text = answer.body.split(b"__exception__\r\n" + tag + CRLF)[1]
    assert text.startswith(b"Code: 395")
    message, _, tail = text.partition(b"\n")
    assert tail == b"%d " % (len(message) + 1) + tag + b"\r\n__exception__\r\n"
    assert talk.closed()


def test_wait_end_of_query_gives_such_an_error_its_status(talk: Talk) -> None:
    sql = b"SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_threads = 1"
    answer = talk.ask(sql, wait_end_of_query="1")
    assert (answer.status, answer.headers["x-clickhouse-exception-code"]) == (500, "395")


def test_progress_headers(talk: Talk) -> None:
    sql = b"SELECT sum(sleepEachRow(0.02)) FROM numbers(60) SETTINGS max_block_size = 5"
    answer = talk.ask(sql, send_progress_in_http_headers="1", http_headers_progress_interval_ms="50")
    assert answer.body == b"0\n"
    assert len(answer.progress) >= 2
    assert int(answer.progress[-1]["read_rows"]) > 0


def test_an_error_after_progress_headers(talk: Talk) -> None:
    sql = b"SELECT throwIf(number = 50), sleepEachRow(0.02) FROM numbers(60) SETTINGS max_block_size = 5"
    answer = talk.ask(sql, send_progress_in_http_headers="1", http_headers_progress_interval_ms="50")
    assert answer.progress
    assert answer.status == 200
    assert answer.headers["x-clickhouse-exception-code"] == "395"
    assert talk.closed()


def test_expect_continue(server: EmbeddedServer, talk: Talk) -> None:
    head = f"POST / HTTP/1.1\r\nX-ClickHouse-User: default\r\nX-ClickHouse-Key: {server.password}\r\n"
    talk.send(head.encode() + b"Expect: 100-continue\r\nContent-Length: 8\r\n\r\n")
    assert talk.file.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert talk.file.readline() == CRLF
    talk.send(b"SELECT 4")
    assert talk.answer().body == b"4\n"


def test_pipelined_requests(server: EmbeddedServer, talk: Talk) -> None:
    head = (
        f"POST / HTTP/1.1\r\nX-ClickHouse-User: default\r\nX-ClickHouse-Key: {server.password}\r\n".encode()
    )
    talk.send((head + b"Content-Length: 8\r\n\r\nSELECT 1") + (head + b"Content-Length: 8\r\n\r\nSELECT 2"))
    assert [talk.answer().body, talk.answer().body] == [b"1\n", b"2\n"]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /" + b"a" * 1_100_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 15_000 + b"\r\n", 431),
    ],
)
def test_hostile_heads_are_refused(
    server: EmbeddedServer, talk: Talk, request_bytes: bytes, status: int
) -> None:
    writer = threading.Thread(target=_send_ignoring_reset, args=(talk, request_bytes))
    writer.start()
    try:
        assert talk.answer().status == status
    except ConnectionResetError:
        # The kernel may drop the answer when the client still sends: refusing is what counts.
        assert status in {414, 431}
    writer.join()
    assert talk.closed()
    assert alive(server)


def _send_ignoring_reset(talk: Talk, data: bytes) -> None:
    try:
        talk.send(data)
    except (BrokenPipeError, ConnectionResetError):
        return


@pytest.mark.parametrize(
    "body",
    [b"zz\r\nSELECT 1\r\n0\r\n\r\n", b"2\r\nSELECT 1\r\n0\r\n\r\n", b"f" * 20 + CRLF, b"1;" + b"x" * 9000],
)
def test_hostile_chunks_are_refused(server: EmbeddedServer, talk: Talk, body: bytes) -> None:
    head = f"POST / HTTP/1.1\r\nX-ClickHouse-User: default\r\nX-ClickHouse-Key: {server.password}\r\n"
    talk.send(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    assert talk.answer().status == 400
    assert talk.closed()
    assert alive(server)


def test_a_body_that_ends_early_inserts_nothing(server: EmbeddedServer, talk: Talk, database: str) -> None:
    other = Talk(server)
    other.ask(f"CREATE TABLE {database}.cut (n UInt8) ENGINE = Memory".encode())
    head = f"POST /?database={database} HTTP/1.1\r\nX-ClickHouse-User: default\r\n"
    head += f"X-ClickHouse-Key: {server.password}\r\nContent-Length: 1000\r\n\r\n"
    talk.send(head.encode() + b"INSERT INTO cut FORMAT TSV\n1\n2\n")
    talk.sock.shutdown(socket.SHUT_WR)
    assert talk.closed()
    assert other.ask(f"SELECT count() FROM {database}.cut".encode()).body == b"0\n"
    other.close()


def test_a_client_that_leaves_takes_its_query_with_it(server: EmbeddedServer) -> None:
    leaver = Talk(server)
    sql = b"SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    leaver.start(sql, "query_id=leaver")
    other = Talk(server)
    count = b"SELECT count() FROM system.processes WHERE endsWith(query, 'query_id=leaver*/')"
    while other.ask(count).body == b"0\n":
        pass
    leaver.close()
    while other.ask(count).body != b"0\n":
        pass
    other.close()


def test_a_reader_that_stops_reading_holds_back_the_query_not_the_server(server: EmbeddedServer) -> None:
    lazy = Talk(server)
    sql = b"SELECT number, randomPrintableASCII(1000) FROM numbers(100000000)"
    lazy.start(sql, "query_id=lazy")
    assert lazy.file.readline().startswith(b"HTTP/1.1 200")
    assert alive(server)
    lazy.close()


def test_a_form_that_is_broken(talk: Talk) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    assert talk.ask(b"no boundary here", headers=headers, query="SELECT 1").status == 400


def test_external_data_without_structure(talk: Talk) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\n\r\n--b--\r\n'
    answer = talk.ask(
        form, headers={"Content-Type": "multipart/form-data; boundary=b"}, query="SELECT * FROM t"
    )
    assert answer.headers["x-clickhouse-exception-code"] == "36"
