"""Bodies of every size, announced rightly and wrongly (reliability S2)."""

import threading
import time
from collections.abc import Callable

import pytest

from support.bystander import LIMIT, memory
from support.processes import Oonib
from support.submissions import REPORT_ID, body
from support.wire import connect, converse, talk

pytestmark = [pytest.mark.crash]
HEAD = f"POST /report/{REPORT_ID} HTTP/1.1\r\nHost: x\r\n".encode()
MIB = 1024 * 1024


def sized(size: int) -> bytes:
    """An acceptable submission of exactly `size` bytes."""
    empty = body(x="", y=0)
    return empty.replace(b'"x": ""', b'"x": "' + b"x" * (size - len(empty)) + b'"')


def lengthened(raw: bytes, length: int | None = None) -> bytes:
    announced = len(raw) if length is None else length
    return HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % announced + raw


def chunked(raw: bytes, size: int = 4096) -> bytes:
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


@pytest.mark.parametrize("frame", [lengthened, chunked], ids=["with length", "in chunks"])
@pytest.mark.parametrize(
    ("size", "status"), [(0, 400), (1, 400), (LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413)]
)
def test_sizes_around_the_limit(
    api: Oonib, entries: Callable[[], int], frame: Callable[[bytes], bytes], size: int, status: int
) -> None:
    before = entries()
    raw = sized(size) if size > 1 else b"{"[:size]
    assert len(raw) == size
    heard = talk(api.port, frame(raw))
    assert heard.statuses == [status], heard.raw[:300]
    assert heard.ending != "open"
    assert entries() == before + (status == 200)


def test_less_than_announced_is_waited_for_and_given_up(api: Oonib, entries: Callable[[], int]) -> None:
    before = entries()
    raw = body()
    heard = talk(api.port, lengthened(raw, len(raw) + 10))
    assert heard.statuses == [408]
    assert heard.ending == "closed"
    assert heard.seconds < 5
    # The sender says itself that there is no more.
    heard = talk(api.port, lengthened(raw, len(raw) + 10), half=True)
    assert heard.statuses in ([], [400], [408])
    assert heard.ending != "open"
    assert entries() == before


def test_more_than_announced_is_another_request(api: Oonib, entries: Callable[[], int]) -> None:
    before = entries()
    raw = body()
    heard = talk(api.port, HEAD + b"Content-Length: %d\r\n\r\n" % len(raw) + raw + b"NONSENSE\r\n\r\n")
    assert heard.statuses == [200, 400]
    assert heard.ending != "open"
    assert entries() == before + 1


@pytest.mark.parametrize("announced", [b"Content-Length: 10737418240", b"Transfer-Encoding: chunked"])
def test_an_endless_body_is_refused_early_and_memory_stays_flat(api: Oonib, announced: bytes) -> None:
    before = memory(api)
    sent = 0
    peak = 0
    piece = b"x" * MIB if announced.startswith(b"Content") else b"100000\r\n" + b"x" * MIB + b"\r\n"
    with connect(api.port) as connection:
        connection.sendall(HEAD + announced + b"\r\n\r\n")
        try:
            while sent < 1024 * MIB:
                connection.sendall(piece)
                sent += MIB
                if sent % (4 * MIB) == 0:
                    peak = max(peak, memory(api))
        except ConnectionError:
            pass
    # Some megabytes are on the way in the system's buffers when the answer comes.
    assert sent < LIMIT + 24 * MIB
    assert max(peak, memory(api)) < before + 40 * MIB
    assert api.get("/version")[0] == 200


def test_the_answer_to_an_endless_body_comes_before_its_end(api: Oonib) -> None:
    with connect(api.port) as connection:
        connection.sendall(HEAD + b"Content-Length: 10737418240\r\n\r\n")
        done = threading.Event()

        def pour() -> None:
            try:
                while not done.is_set():
                    connection.sendall(b"x" * 65536)
            except OSError:
                pass

        thread = threading.Thread(target=pour, daemon=True)
        thread.start()
        started = time.monotonic()
        try:
            answer = connection.recv(65536)
        except ConnectionError:
            # The reset that follows the answer may throw away what was not read yet.
            answer = b"HTTP/1.1 413"
        done.set()
        assert answer.startswith(b"HTTP/1.1 413")
        assert time.monotonic() - started < 5
        thread.join(10)


@pytest.mark.parametrize("path", ["/nowhere", "/version", "/api/v1/check-in", "/report"])
def test_other_paths_do_not_swallow_large_bodies_either(api: Oonib, path: str) -> None:
    before = memory(api)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    with connect(api.port) as connection:
        pieces = [head + b"Content-Length: 10737418240\r\n\r\n", *([b"x" * MIB] * 100)]
        heard = converse(connection, pieces)
    assert heard.ending != "open"
    assert all(400 <= status < 500 for status in heard.statuses)
    assert memory(api) < before + 40 * MIB


def test_a_client_that_asks_first_is_told_to_go_on(api: Oonib) -> None:
    with connect(api.port) as connection:
        connection.sendall(HEAD + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        connection.settimeout(5)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b'{"a":"b"}')
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
