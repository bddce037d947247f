"""The client's side of the live feed: over connections that break."""

import itertools
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from oonib.client import BadAnswer, Client, Refused, Unavailable

from support.website import Website

PATH = "/api/v1/stream"


class Feed(Website):
    """Answers prepared for one connection after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.last_ids: list[str | None] = []
        self.texts: list[bytes | int] = []
        self.pages[PATH] = self.feed
        self.pages[PATH + "?probe_cc=BR,IT&anomaly=true"] = self.feed
        self.pages[PATH + "?probe_cc=BR%2CIT&anomaly=true"] = self.feed

    def feed(self, handler: BaseHTTPRequestHandler) -> None:
        self.last_ids.append(handler.headers.get("Last-Event-ID"))
        text = self.texts.pop(0)
        if isinstance(text, int):
            handler.send_response(text)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        # Longer than what comes: the connection breaks.
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(text)


def event(number: int) -> bytes:
    return b'id: %d-u\nevent: measurement\ndata: {"n":%d}\n\n' % (number, number)


@pytest.fixture
def feed() -> Iterator[Feed]:
    with Feed() as feed:
        yield feed


@pytest.fixture
def client(feed: Feed) -> Iterator[Client]:
    with Client(feed.url, patience=10) as client:
        client._asking._sleep = lambda _seconds: None
        yield client


def take(client: Client, count: int, **options: Any) -> list[tuple[str, Any]]:
    events = itertools.islice(client.stream(**options), count)
    return [(found.id, dict(found.measurement)["n"]) for found in events]


def test_a_broken_connection_goes_on_behind_the_last_event(feed: Feed, client: Client) -> None:
    feed.texts = [
        b"retry: 3000\n\n" + event(1) + event(2) + b'id: 3-u\nevent: measurement\ndata: {"n"',
        503,
        429,
        b": heartbeat\n\nid: 5-~\n\n",
        event(6),
    ]
    assert take(client, 3) == [("1-u", 1), ("2-u", 2), ("6-u", 6)]
    assert feed.last_ids == [None, "2-u", "2-u", "2-u", "5-~"]


def test_it_begins_where_it_is_told(feed: Feed, client: Client) -> None:
    gaps: list[bool] = []
    feed.texts = [b"event: gap\ndata: {}\n\n" + event(9)]
    found = take(client, 1, last_event_id="1-x", missed=lambda: gaps.append(True))
    assert found == [("9-u", 9)]
    assert feed.last_ids == ["1-x"]
    assert gaps == [True]


def test_filters_are_those_of_a_search(feed: Feed, client: Client) -> None:
    feed.texts = [event(1)]
    assert take(client, 1, probe_cc=["BR", "IT"], anomaly=True) == [("1-u", 1)]


@pytest.mark.parametrize("data", [b"{", b"[]", b"nonsense"])
def test_events_that_are_none(feed: Feed, client: Client, data: bytes) -> None:
    feed.texts = [b"id: 1-u\nevent: measurement\ndata: " + data + b"\n\n"]
    with pytest.raises(BadAnswer):
        take(client, 1)


def test_it_gives_up(feed: Feed, client: Client) -> None:
    feed.texts = [event(1)] + [503] * 50
    with pytest.raises(Unavailable):
        take(client, 2)
    feed.texts = [422]
    with pytest.raises(Refused):
        take(client, 1)
