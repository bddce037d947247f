"""Clients that take their time: with heads, with bodies, with reading, with everything (reliability S4)."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from support.bystander import STALL, Bystander, memory
from support.processes import Oonib, wait_until
from support.submissions import REPORT_ID, body, measurement
from support.wire import connect, talk

pytestmark = [pytest.mark.crash]
GET = b"GET /version HTTP/1.1\r\nHost: x\r\n"
POST = f"POST /report/{REPORT_ID} HTTP/1.1\r\nHost: x\r\n".encode()
MIB = 1024 * 1024
LATE = STALL + 1.5
"""A deadline of the tests, with room for a busy machine."""


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", GET, GET + b"X: ", GET + b"\r\n"],
    ids=["nothing", "a letter", "no end", "half a line", "nothing after an answer"],
)
def test_silence_is_closed(api: Oonib, sent: bytes) -> None:
    heard = talk(api.port, sent)
    assert heard.ending == "closed"
    assert heard.seconds < LATE


def test_a_head_of_a_byte_a_moment_is_closed(api: Oonib) -> None:
    endless = [b"GET /", *([b"x"] * 100)]
    heard = talk(api.port, *endless, pause=0.1)
    assert heard.ending != "open"
    assert heard.statuses == []
    # The deadline is one for the whole head: each byte does not begin it anew.
    assert heard.seconds < LATE


def test_a_body_of_a_byte_a_moment_is_given_up(api: Oonib) -> None:
    pieces = [POST + b"Content-Length: 5000\r\n\r\n", *([b"x"] * 60)]
    heard = talk(api.port, *pieces, pause=0.1)
    assert heard.statuses in ([408], [])
    assert heard.ending != "open"
    assert heard.seconds < 60 * 0.1 + 2


def test_two_thousand_idle_connections_keep_nobody_out(api: Oonib) -> None:
    with ExitStack() as stack, Bystander(api) as bystander:
        before = memory(api)
        started = time.monotonic()
        for number in range(2000):
            connection = stack.enter_context(connect(api.port))
            if number % 2:
                connection.sendall(GET)
        assert memory(api) < before + 100 * MIB
        assert httpx.post(f"{api.url}/report/{REPORT_ID}", content=body(), timeout=10).status_code == 200
        # The server's side of all of them is closed; ours knows by itself.
        wait_until(lambda: connections_of(api) < 50, 10, "idle connections to be closed")
        assert time.monotonic() - started < LATE + 3
    bystander.check()


def connections_of(api: Oonib) -> int:
    """Established connections to the API as its own processes have them."""
    found = 0
    for process in api.tree():
        try:
            there = process.net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
        found += sum(one.status == "ESTABLISHED" and one.laddr.port == api.port for one in there)
    return found


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Oonib, str]]:
    """One worker that has a body of 20 MB, and the path of it."""
    with Oonib("api", data_dir=tmp_path_factory.mktemp("slow"), stall_seconds=STALL, workers=1) as api:
        yield api, keep_large(api)


def keep_large(api: Oonib) -> str:
    content = measurement(x=os.urandom(10_000_000).hex())
    envelope = json.dumps({"format": "json", "content": content})
    answer = httpx.post(f"{api.url}/report/{REPORT_ID}", content=envelope, timeout=60)
    assert answer.status_code == 200, answer.text
    return f"/api/v1/raw_measurement?measurement_uid={answer.json()['measurement_uid']}"


def ask(api: Oonib, path: str) -> socket.socket:
    connection = connect(api.port, 20, receive_buffer=8192)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_a_reader_that_stops_is_closed(roomy: tuple[Oonib, str]) -> None:
    api, path = roomy
    with ask(api, path) as connection, Bystander(api) as bystander:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: is_reset(connection), 2 * STALL + 2, "the end of the connection")
    bystander.check()


def is_reset(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def test_a_reader_of_a_trickle_is_closed(roomy: tuple[Oonib, str]) -> None:
    api, path = roomy
    with ask(api, path) as connection:
        started = time.monotonic()
        # What has arrived can still be read for a while after the end: the state of the connection tells.
        while not is_reset(connection):
            assert connection.recv(20)
            assert time.monotonic() - started < 10
            time.sleep(0.1)


def test_a_slow_but_steady_reader_is_served(roomy: tuple[Oonib, str]) -> None:
    api, path = roomy
    with ask(api, path) as connection:
        until = time.monotonic() + 2.5 * STALL
        got = 0
        while time.monotonic() < until:
            got += len(connection.recv(65536))
            time.sleep(0.02)
        assert got > 100_000
        while got < 20_000_000:
            piece = connection.recv(1 << 20)
            assert piece
            got += len(piece)


@pytest.mark.slow
def test_many_readers_that_stop_do_not_fill_the_memory(roomy: tuple[Oonib, str]) -> None:
    api, path = roomy
    before = memory(api)
    with ExitStack() as stack:
        readers = [stack.enter_context(ask(api, path)) for _ in range(40)]
        heads = []
        for reader in readers:
            try:
                heads.append(reader.recv(4000))
            except ConnectionError:
                # Its turn came late, and it had been closed by then.
                continue
        # 256 MiB of answers are held at a time; who comes then is told to come back.
        refused = [head for head in heads if head.startswith(b"HTTP/1.1 503 ")]
        assert refused
        assert b"retry-after: " in refused[0]
        # Forty threads may have a body at one moment; what they had goes back to the system.
        assert memory(api) < before + 1200 * MIB
        wait_until(lambda: connections_of(api) < 10, 15, "all of them to be closed")
    assert memory(api) < before + 200 * MIB
    # What was held for them is free again.
    for _ in range(14):
        answer = httpx.get(api.url + path, timeout=20)
        assert answer.status_code == 200
        assert len(answer.content) > 20_000_000


@pytest.mark.slow
def test_the_deadlines_as_they_are_by_default(tmp_path: Path) -> None:
    """Thirty seconds for each kind at once, with two thousand idle connections beside them."""
    with Oonib("api", data_dir=tmp_path) as api, ExitStack() as stack:
        path = keep_large(api)
        for number in range(2000):
            connection = stack.enter_context(connect(api.port))
            if number % 2:
                connection.sendall(GET)
        started = time.monotonic()
        stalled = stack.enter_context(connect(api.port, 60))
        stalled.sendall(POST + b"Content-Length: 100\r\n\r\n{")
        reader = stack.enter_context(ask(api, path))
        with Bystander(api) as bystander:
            wait_until(lambda: is_reset(reader), 40, "the end of a reader")
            assert 20 < time.monotonic() - started < 32
            assert b" 408 " in stalled.recv(1000)
            wait_until(lambda: connections_of(api) < 20, 10, "idle connections to be closed")
            assert time.monotonic() - started < 36
        bystander.check()
