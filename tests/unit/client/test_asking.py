"""What the client does with odd answers: over real connections, with pauses that are only noted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from oonib.client import (
    BadAnswer,
    Client,
    ClientError,
    NotFound,
    QuotaExceeded,
    Refused,
    TooMuch,
    Unavailable,
)
from oonib.client.asking import Asking, retry_after

from support.website import Website

Reply = tuple[int, dict[str, str], bytes]
OK: Reply = (200, {}, b'{"good": 1}')


class Backend(Website):
    """A backend that gives prepared answers, the last one again and again."""

    def replies(self, path: str, *replies: Reply) -> str:
        left = list(replies)

        def answer(handler: BaseHTTPRequestHandler) -> None:
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            handler.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.pages[path] = answer
        return self.url + path


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as backend:
        yield backend


class Patient:
    """A client whose pauses take no time."""

    def __init__(self, patience: float = 60) -> None:
        self.pauses: list[float] = []
        self.http = httpx.Client(timeout=5)
        self.asking = Asking(self.http, patience, self.pauses.append)


@pytest.fixture
def patient() -> Iterator[Patient]:
    patient = Patient()
    yield patient
    patient.asking.close()


@pytest.mark.parametrize("status", [429, 502, 503])
def test_asked_again_after_as_long_as_it_says(backend: Backend, patient: Patient, status: int) -> None:
    url = backend.replies("/a", (status, {"Retry-After": "7"}, b""), (status, {"Retry-After": "0"}, b""), OK)
    assert patient.asking.get_json(url) == {"good": 1}
    assert patient.pauses == [7.0, 0.0]


def test_without_a_hint_each_pause_is_longer(backend: Backend, patient: Patient) -> None:
    url = backend.replies("/a", *[(503, {}, b"")] * 5, OK)
    assert patient.asking.get_json(url) == {"good": 1}
    assert len(patient.pauses) == 5
    for number, pause in enumerate(patient.pauses):
        assert 0.25 * 2**number <= pause <= 0.5 * 2**number


def test_patience_ends(backend: Backend, patient: Patient) -> None:
    url = backend.replies("/a", (429, {"Retry-After": "61"}, b'{"error":"quota exceeded"}'))
    with pytest.raises(QuotaExceeded) as caught:
        patient.asking.get_json(url)
    assert caught.value.retry_after == 61
    assert patient.pauses == []
    url = backend.replies("/b", (503, {}, b'{"error":"ClickHouse is away"}'))
    with pytest.raises(Unavailable, match="ClickHouse is away"):
        patient.asking.get_json(url)
    assert 30 < sum(patient.pauses) <= 60


def test_nobody_there(patient: Patient) -> None:
    with Website() as site:
        url = site.url
    with pytest.raises(Unavailable):
        patient.asking.get_json(url + "/a")
    assert patient.pauses


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (
            (404, {}, b'{"error":"Measurement not found","detail":"Measurement not found"}'),
            NotFound,
            "not found",
        ),
        ((422, {}, b'{"error":"invalid parameters","detail":[{"loc":["query","limit"]}]}'), Refused, "limit"),
        ((400, {}, b"<html>"), Refused, "400 Bad Request"),
        ((400, {}, b"[1]"), Refused, "Bad Request"),
        ((403, {}, b"x" * 200_000), Refused, "Forbidden"),
        ((504, {}, b'{"error":"took too long"}'), TooMuch, "took too long"),
        ((500, {}, b'{"error":"internal error"}'), BadAnswer, "internal error"),
        ((200, {}, b"<html>"), BadAnswer, "not JSON"),
        ((200, {"Content-Encoding": "gzip"}, b"nonsense"), BadAnswer, "gzip|Error|decod"),
        ((302, {"Location": "/elsewhere"}, b""), Refused, "302"),
    ],
)
def test_what_cannot_be_helped_is_told_at_once(
    backend: Backend, patient: Patient, reply: Reply, kind: type[ClientError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        patient.asking.get_json(backend.replies("/a", reply))
    assert patient.pauses == []
    assert backend.asked == ["/a"]


@pytest.mark.parametrize("url", ["nonsense", "ftp://host/", "http://[::1", ""])
def test_an_address_that_is_none(url: str) -> None:
    with Client(url, patience=0) as client, pytest.raises(ClientError):
        client.aggregate()


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("5", 5, 5),
        ("0", 0, 0),
        ("-5", None, None),
        ("soon", None, None),
        ("", None, None),
        ("9" * 400, 999_999_999, 999_999_999),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0, 0),
        ("{in an hour}", 3590, 3601),
    ],
)
def test_retry_after_forms(text: str, least: float | None, most: float | None) -> None:
    text = text.replace("{in an hour}", format_datetime(datetime.now(UTC) + timedelta(hours=1)))
    seconds = retry_after(httpx.Response(429, headers={"Retry-After": text}))
    assert (seconds is None) == (least is None)
    if seconds is not None and least is not None and most is not None:
        assert least <= seconds <= most


PAGE = '{"metadata":{"next_url":%s},"results":[{"measurement_uid":"%s"}]}'


def test_the_next_page_is_asked_where_the_client_was_sent(backend: Backend) -> None:
    following = '"https://other.example/api/v1/measurements?limit=1&offset=1"'
    backend.replies("/api/v1/measurements?limit=1", (200, {}, (PAGE % (following, "a")).encode()))
    backend.replies("/api/v1/measurements?limit=1&offset=1", (200, {}, (PAGE % ("null", "b")).encode()))
    with Client(backend.url) as client:
        assert [found["measurement_uid"] for found in client.search(page_size=1)] == ["a", "b"]


def test_pages_that_go_round_in_circles(backend: Backend) -> None:
    following = '"https://other.example/api/v1/measurements?limit=1&offset=0"'
    backend.replies("/api/v1/measurements?limit=1", (200, {}, (PAGE % (following, "a")).encode()))
    with Client(backend.url) as client, pytest.raises(BadAnswer, match="further"):
        list(client.search(page_size=1))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"results":[1],"metadata":{}}', b'{"results":[]}', b"null"])
def test_pages_that_are_none(backend: Backend, body: bytes) -> None:
    backend.replies("/api/v1/measurements?limit=1000", (200, {}, body))
    with Client(backend.url) as client, pytest.raises(BadAnswer):
        list(client.search())


def test_equal_axes_are_an_error_although_the_status_is_not(backend: Backend) -> None:
    backend.replies(
        "/api/v1/aggregation?axis_x=domain&axis_y=domain",
        (200, {}, b'{"msg":"Axis X and Y cannot be the same","v":0}'),
    )
    with Client(backend.url) as client, pytest.raises(Refused, match="cannot be the same"):
        client.aggregate(axis_x="domain", axis_y="domain")
