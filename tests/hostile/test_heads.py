"""Heads that are too large, ambiguous or forged: refused or closed, and no request hides in another (S5).

Where an answer other than a refusal is right, the table says so, and the check for smuggling holds for all:
as many answers as there are requests by the one reading that is left, and what was meant to be a body or a
part of a head never acts.
"""

from collections.abc import Callable

import pytest

from support.processes import Oonib
from support.submissions import REPORT_ID, body
from support.wire import Heard, talk

pytestmark = [pytest.mark.crash]
MIB = 1024 * 1024
END = b"Connection: close\r\n\r\n"
GET = b"GET /version HTTP/1.1\r\nHost: x\r\n"
POST = f"POST /report/{REPORT_ID} HTTP/1.1\r\nHost: x\r\n".encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
ONE = b"2\r\n{}\r\n0\r\n\r\n"

REFUSED: dict[str, tuple[bytes, set[int]]] = {
    "header of 4 MiB": (GET + b"X: " + b"a" * 4 * MIB + b"\r\n" + END, {431, 400}),
    "header of 200 KB": (GET + b"X: " + b"a" * 200_000 + b"\r\n" + END, {431, 400}),
    "10,000 headers": (GET + b"X: y\r\n" * 10_000 + END, {431, 400}),
    "200 headers": (GET + b"X: y\r\n" * 200 + END, {431, 400}),
    "path of 100 KB": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n" + END, {414, 431, 400}),
    "no version": (b"GET /version\r\n\r\n", {400}),
    "version 3": (b"GET /version HTTP/3.0\r\nHost: x\r\n" + END, {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00" + bytes(300), {400}),
    "NUL in a header": (GET + b"X: a\0b\r\n" + END, {400}),
    "CR in a header": (GET + b"X: a\rX-Other: b\r\n" + END, {400}),
    "folded header": (GET + b"X: a\r\n b\r\n" + END, {400}),
    "folded length": (POST + b"Content-Length:\r\n 2\r\n" + END + b"{}", {400}),
    "space before a colon": (POST + b"Content-Length : 2\r\n" + END + b"{}", {400}),
    "header without a colon": (GET + b"nonsense\r\n" + END, {400}),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 40\r\n" + END + b"{}" + HIDDEN, {400}),
    "list of lengths": (POST + b"Content-Length: 2, 40\r\n" + END + b"{}" + HIDDEN, {400}),
    "signed length": (POST + b"Content-Length: +2\r\n" + END + b"{}", {400}),
    "length in hexadecimal": (POST + b"Content-Length: 0x2\r\n" + END + b"{}", {400}),
    "length beyond 64 bits": (POST + b"Content-Length: 99999999999999999999999\r\n" + END + b"{}", {400}),
    "unknown coding": (POST + b"Transfer-Encoding: xchunked\r\n" + END + ONE, {400}),
    "chunked not last": (POST + CHUNKED + b"Transfer-Encoding: identity\r\n" + END + ONE, {400}),
    "chunked in HTTP/1.0": (POST.replace(b"1.1", b"1.0") + CHUNKED + END + ONE, {400}),
    "size of a chunk is no number": (POST + CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n" + HIDDEN, {400}),
    "size below zero": (POST + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n" + HIDDEN, {400}),
    "size beyond 64 bits": (POST + CHUNKED + b"\r\nfffffffffffffffff2\r\n{}\r\n0\r\n\r\n" + HIDDEN, {400}),
    "chunk longer than it says": (POST + CHUNKED + b"\r\n2\r\n{}}\r\n0\r\n\r\n" + HIDDEN, {400}),
    "chunks divided by LF": (POST + CHUNKED + b"\r\n2\n{}\n0\n\n" + HIDDEN, {400}),
    "chunk extension of 200 KB": (
        POST + CHUNKED + b"\r\n2;" + b"a" * 200_000 + b"\r\n{}\r\n0\r\n\r\n",
        {400},
    ),
    "trailers without end": (
        POST + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        {400},
    ),
    "method of 70 KB": (b"A" * 70_000 + b" / HTTP/1.1\r\nHost: x\r\n" + END, {400, 405, 414, 431}),
    "CONNECT": (
        b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n" + END,
        {400, 404, 405},
    ),
    "TRACE": (b"TRACE /version HTTP/1.1\r\nHost: x\r\nX-Secret: y\r\n" + END, {405}),
}


@pytest.mark.parametrize(("sent", "allowed"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_or_closed(api: Oonib, entries: Callable[[], int], sent: bytes, allowed: set[int]) -> None:
    before = entries()
    heard = talk(api.port, sent)
    assert heard.ending != "open"
    assert len(heard.statuses) <= 1
    assert set(heard.statuses) <= allowed, heard.raw[:300]
    assert b"X-Secret" not in heard.raw
    assert entries() == before
    assert api.get("/version")[0] == 200


def agreed(heard: Heard, *statuses: int) -> None:
    assert heard.ending != "open"
    assert heard.statuses == list(statuses), heard.raw[:600]


def test_a_length_beside_chunks_is_framed_by_the_chunks_and_ends_the_connection(
    api: Oonib, entries: Callable[[], int]
) -> None:
    raw = body()
    for order in (b"Content-Length: 4\r\n" + CHUNKED, CHUNKED + b"Content-Length: 4\r\n"):
        before = entries()
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(raw), raw)
        heard = talk(api.port, POST + order + b"\r\n" + chunks + HIDDEN)
        # What follows is not read as a request, whoever of two readers was right about the length.
        assert heard.ending != "open"
        assert len(heard.statuses) == 1
        assert heard.statuses[0] in (200, 400)
        assert entries() <= before + 1


def test_a_request_inside_of_a_body_is_a_part_of_the_body(api: Oonib) -> None:
    inside = b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN
    agreed(talk(api.port, POST + inside + GET + END), 400, 200)
    # A request that needs none may have a body: it is passed over.
    agreed(talk(api.port, GET + inside + GET + END), 200, 200)


def test_equal_lengths_are_one(api: Oonib) -> None:
    raw = body()
    twice = b"Content-Length: %d\r\n" % len(raw) * 2
    heard = talk(api.port, POST + twice + b"\r\n" + raw + GET + END)
    assert heard.statuses in ([200, 200], [400])


def test_pipelined_requests_are_answered_in_their_order(api: Oonib) -> None:
    heard = talk(api.port, (GET + b"\r\n") * 20 + b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + GET + END)
    agreed(heard, *([200] * 20), 404, 200)


def test_thousands_of_pipelined_requests_keep_memory_and_others_in_peace(api: Oonib) -> None:
    heard = talk(api.port, (GET + b"\r\n") * 2000 + GET + END)
    assert heard.ending != "open"
    assert set(heard.statuses) == {200}
    assert len(heard.statuses) == 2001


def test_small_chunks_and_short_extensions_are_fine(api: Oonib, entries: Callable[[], int]) -> None:
    before = entries()
    raw = body()
    framed = b"".join(b"1;a=b\r\n%c\r\n" % letter for letter in raw) + b"0\r\nX-Trailer: y\r\n\r\n"
    agreed(talk(api.port, POST + CHUNKED + b"\r\n" + framed + GET + END), 200, 200)
    assert entries() == before + 1


def test_an_absolute_address_and_a_foreign_host_lead_nowhere_else(api: Oonib) -> None:
    # Answered as ours: the name in a request decides nothing and is given back to nobody.
    sent = b"GET http://evil.example/version HTTP/1.1\r\nHost: evil.example\r\n"
    heard = talk(api.port, sent + END)
    agreed(heard, 200)
    assert b"evil.example" not in heard.raw
    heard = talk(api.port, b"GET /api/v1/measurements?limit=0 HTTP/1.1\r\nHost: evil.example\r\n" + END)
    assert b"evil.example" not in heard.raw


@pytest.mark.parametrize("sneaked", ["%0d%0aX-Evil:%20yes", "%0aX-Evil:yes", "%E5%98%8D%E5%98%8AX-Evil:yes"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/measurements?limit=1{}",
        "/api/v1/measurements?order_by={}",
        "/api/v1/measurement/2026{}",
        "/api/v1/measurement/20260302101530.000000_BR_telegram_0123456789abcdef?download=true{}",
        "/api/v1/aggregation?format={}",
        "/api/v1/test-list/urls?country_code={}",
        "/report/{}",
        "/{}",
        "//{}",
    ],
)
def test_line_ends_in_an_address_make_no_headers(api: Oonib, path: str, sneaked: str) -> None:
    heard = talk(api.port, f"GET {path.format(sneaked)} HTTP/1.1\r\nHost: x\r\n".encode() + END, seconds=30)
    assert heard.ending != "open"
    assert len(heard.statuses) == 1
    assert b"\nx-evil" not in heard.heads.lower()


def test_line_ends_in_an_origin_make_no_headers(api: Oonib) -> None:
    origin = b"Origin: https://explorer.ooni.org%0d%0aX-Evil: yes\r\n"
    heard = talk(api.port, GET + origin + END)
    agreed(heard, 200)
    assert b"X-Evil" not in heard.raw
    assert b"explorer" not in heard.raw


def test_an_upgrade_is_not_taken(api: Oonib) -> None:
    for protocol in (b"h2c", b"websocket", b"TLS/1.0"):
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: " + protocol + b"\r\n"
        upgrade += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        heard = talk(api.port, GET + upgrade + b"\r\n")
        assert heard.ending != "open"
        assert b" 101 " not in heard.heads
