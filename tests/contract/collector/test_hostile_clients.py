"""Clients that stall, lie or send too much: closed, and nothing stored (reliability S2, S4, S5)."""

import socket
import time

import pytest

from oonib.spool import Spool

from support.processes import Oonib
from support.submissions import REPORT_ID, body

HEAD = f"POST /report/{REPORT_ID} HTTP/1.1\r\nHost: x\r\n".encode()


def talk(api: Oonib, *pieces: bytes, pause: float = 0.0, seconds: float = 20.0) -> bytes:
    """Send the pieces and return all that comes back until the server closes or is silent."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=seconds) as connection:
        answer = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while chunk := connection.recv(65536):
                answer += chunk
        except (TimeoutError, ConnectionError):
            pass
    return answer


CLOSED = {
    "a body that never comes": (HEAD + b"Content-Length: 100\r\n\r\n", b" 408 "),
    "a body that stops": (HEAD + b"Content-Length: 100\r\n\r\n{", b" 408 "),
    "more announced than accepted": (
        HEAD + b"Content-Length: 99999999999\r\n\r\n" + b"x" * 3_000_000,
        b" 413 ",
    ),
    "chunks without end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 3,
        b" 413 ",
    ),
    "bad length": (HEAD + b"Content-Length: -5\r\n\r\n", b" 400 "),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx", b" 400 "),
    "header of 4 MiB": (HEAD + b"X: " + b"x" * 4 * 1024 * 1024 + b"\r\n\r\n", b""),
    "10,000 headers": (HEAD + b"X: y\r\n" * 10_000 + b"\r\n", b""),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00" + bytes(300), b""),
    "half a head": (HEAD, b""),
}


@pytest.mark.parametrize(("sent", "status"), CLOSED.values(), ids=CLOSED.keys())
def test_closed_without_effect(api: Oonib, spool: Spool, sent: bytes, status: bytes) -> None:
    before = spool.status().entries
    answer = talk(api, sent)
    first = answer.partition(b"\r\n")[0] + b" "
    assert status in first
    assert b" 200 " not in first
    assert b" 500 " not in first
    assert spool.status().entries == before
    assert api.get("/version")[0] == 200


def test_a_body_of_one_byte_a_moment_is_given_up(api: Oonib) -> None:
    # Given up by the least rate, or for stalling after the last piece: answered either way.
    pieces = [HEAD + b"Content-Length: 5000\r\n\r\n", *([b"x"] * 14)]
    assert b" 408 " in talk(api, *pieces, pause=0.1).partition(b"\r\n")[0]


def test_a_length_with_chunks_is_no_way_to_smuggle(api: Oonib) -> None:
    raw = body()
    sneaked = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
    head = HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = talk(api, head + b"%x\r\n" % len(raw) + raw + b"\r\n0\r\n\r\n" + sneaked, seconds=3)
    # Either refused, or framed by the chunks alone: never is a part of the body read as a request.
    assert answer.count(b"HTTP/1.1") <= 2
    assert b" 500 " not in answer


def test_many_bodies_at_once_do_not_fill_the_memory(api: Oonib) -> None:
    connections = []
    for _ in range(100):
        connection = socket.create_connection(("127.0.0.1", api.port), timeout=10)
        connection.sendall(HEAD + b"Content-Length: 1900000\r\n\r\n" + b"x" * 300_000)
        connections.append(connection)
    held = sum(process.memory_info().rss for process in api.tree())
    for connection in connections:
        connection.close()
    assert held < 700 * 1024 * 1024
    assert api.get("/version")[0] == 200
