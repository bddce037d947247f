"""HTTP framing over a pair of connected sockets."""

import socket
from collections.abc import Iterator

import pytest

from oonib.warehouse.embedded.errors import ClientGoneError, HttpError
from oonib.warehouse.embedded.wire import Body, Wire, WireLimits, parse_head

HURRY = WireLimits(head_seconds=0.05, idle_seconds=0.05, stall_seconds=0.05)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


Pair = tuple[socket.socket, socket.socket]


def test_a_head_and_its_parameters() -> None:
    head = parse_head(b"POST /?query=SELECT%201&x=%D0%BF&empty= HTTP/1.1\r\nHost: h\r\nX-Y:  z ")
    assert (head.method, head.path) == ("POST", "/")
    assert head.params == {"query": "SELECT 1", "x": "п", "empty": ""}
    assert head.headers == {"host": "h", "x-y": "z"}
    assert head.keep_alive


@pytest.mark.parametrize(
    ("raw", "keep"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", True),
    ],
)
def test_keep_alive(raw: bytes, keep: bool) -> None:
    assert parse_head(raw).keep_alive is keep


def test_a_body_of_known_length_leaves_the_next_request_alone(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /ping HTTP/1.1\r\n\r\n")
    wire = Wire(ours, WireLimits())
    head = wire.read_head()
    assert head is not None
    body = Body(wire, head)
    assert body.read() + body.read() == b"hello"
    assert body.done
    following = wire.read_head()
    assert following is not None
    assert following.path == "/ping"


def test_a_chunked_body_with_extensions_and_trailers(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    theirs.sendall(b"5;name=value\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n")
    wire = Wire(ours, WireLimits())
    head = wire.read_head()
    assert head is not None
    body, data = Body(wire, head), b""
    while piece := body.read(3):
        data += piece
    assert data == b"hello!"
    assert body.done


def test_silence_between_requests_is_the_end(pair: Pair) -> None:
    assert Wire(pair[0], HURRY).read_head() is None


def test_a_head_that_stalls_is_refused(pair: Pair) -> None:
    pair[1].sendall(b"GET / HTTP/1.1\r\nX: ")
    with pytest.raises(HttpError) as caught:
        Wire(pair[0], HURRY).read_head()
    assert caught.value.status == 408


def test_a_body_that_stalls_is_refused(pair: Pair) -> None:
    pair[1].sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe")
    wire = Wire(pair[0], HURRY)
    head = wire.read_head()
    assert head is not None
    body = Body(wire, head)
    assert body.read() == b"he"
    with pytest.raises(HttpError) as caught:
        body.read()
    assert caught.value.status == 408
    assert not body.drain(1000, 0.01)


def test_a_body_cut_short(pair: Pair) -> None:
    pair[1].sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe")
    pair[1].close()
    wire = Wire(pair[0], WireLimits())
    head = wire.read_head()
    assert head is not None
    body = Body(wire, head)
    body.read()
    with pytest.raises(ClientGoneError):
        body.read()


def test_draining_stops_at_its_limit(pair: Pair) -> None:
    pair[1].sendall(b"POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + b"x" * 1000)
    wire = Wire(pair[0], WireLimits())
    head = wire.read_head()
    assert head is not None
    assert not Body(wire, head).drain(10, 5)


def test_a_reader_that_never_reads_is_given_up(pair: Pair) -> None:
    with pytest.raises(ClientGoneError):
        Wire(pair[0], HURRY).send(b"x" * 50_000_000)
