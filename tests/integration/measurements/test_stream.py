"""The live feed over a real ClickHouse: order, once, from where it was left, bounds."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from oonib.errors import BadRequest, Forbidden, Invalid, TooMany, Unavailable
from oonib.measurements.schema import SearchParameters
from oonib.measurements.stream.categories import Categories
from oonib.measurements.stream.events import Position
from oonib.measurements.stream.feed import Feed
from oonib.measurements.stream.matching import matching
from oonib.measurements.stream.service import Stream, Streams
from oonib.measurements.stream.store import ArrivalStore
from oonib.warehouse.client import Warehouse

from support.serving import measurement

NETWORK = b"network"


def uid(number: int) -> str:
    return f"20260302100000.{number:06}_BR_webconnectivity_0123456789abcdef"


def insert(warehouse: Warehouse, *numbers: int, mark: str = "", **values: Any) -> None:
    rows = [measurement(measurement_uid=uid(number), **values) for number in numbers]
    warehouse.insert(
        "fastpath", list(rows[0]), [list(row.values()) for row in rows], settings={"log_comment": mark}
    )


class Host:
    """The feed of one process."""

    def __init__(self, warehouse: Warehouse, **bounds: Any) -> None:
        store = ArrivalStore(warehouse)
        self.feed = Feed(store, lambda row: {"uid": row["measurement_uid"]})
        self.streams = Streams(self.feed, Categories(store.listed).of, **bounds)

    def open(self, last_id: str | None = None, **asked: Any) -> Stream:
        return self.streams.open(SearchParameters(**asked), last_id, NETWORK)


@pytest.fixture
def host(warehouse: Warehouse) -> Iterator[Host]:
    # What other tests put in has arrived as well, and would be played again.
    warehouse.command("TRUNCATE TABLE arrivals")
    host = Host(warehouse)
    yield host
    host.feed.close()


async def collect(stream: Stream, wanted: int, seconds: float = 20.0) -> list[tuple[str, str]]:
    """The first events of a stream as id and uid, or fewer when the time is over."""
    found: list[tuple[str, str]] = []
    text = b""
    try:
        async with asyncio.timeout(seconds), aclosing(stream.events()) as pieces:
            async for piece in pieces:
                text += piece
                found = events(text)
                if len(found) >= wanted:
                    break
    except TimeoutError:
        pass
    finally:
        stream.close()
    return found


def events(text: bytes) -> list[tuple[str, str]]:
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields and fields["event"] == "measurement":
            found.append((fields["id"], json.loads(fields["data"])["uid"]))
    return found


def later(action: Callable[[], None], seconds: float) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def test_each_once_in_order_and_again_from_where_it_was(host: Host, warehouse: Warehouse) -> None:
    begin = host.feed.end()
    insert(warehouse, 5, 3)
    insert(warehouse, 1)
    insert(warehouse, 3, mark="oonib reprocess", anomaly="t")
    time.sleep(3.2)
    seen = asyncio.run(collect(host.open(begin.text), 3))
    # As they came in, within an insert by uid; what is scored again is not new.
    assert [name for _, name in seen] == [uid(3), uid(5), uid(1)]
    for number, (last_id, _) in enumerate(seen):
        rest = asyncio.run(collect(host.open(last_id), 3 - number - 1, seconds=1))
        assert rest == seen[number + 1 :]
    # Another process says the same.
    other = Host(warehouse)
    assert asyncio.run(collect(other.open(seen[0][0]), 2)) == seen[1:]
    other.feed.close()


def test_an_insert_that_takes_long_is_waited_for(host: Host, warehouse: Warehouse) -> None:
    begin = host.feed.end()
    slow = """
    INSERT INTO fastpath (measurement_uid, probe_cc, probe_asn, measurement_start_time)
    SELECT {uid:String}, 'BR', 1, now() FROM numbers(6) WHERE number + sleepEachRow(1) = 5
    """
    given, settings = {"uid": uid(1)}, {"max_block_size": 1, "max_threads": 1}
    writing = threading.Thread(target=warehouse.command, args=(slow, given), kwargs={"settings": settings})
    writing.start()
    time.sleep(1)
    insert(warehouse, 2)
    time.sleep(3.2)
    assert writing.is_alive()
    assert asyncio.run(collect(host.open(begin.text), 1, seconds=0.5)) == []
    writing.join()
    seen = asyncio.run(collect(host.open(begin.text), 2))
    assert {name for _, name in seen} == {uid(1), uid(2)}


def test_those_who_listen_get_what_comes_in_once(host: Host, warehouse: Warehouse) -> None:
    insert(warehouse, 1)
    time.sleep(3.2)

    async def listen() -> list[list[tuple[str, str]]]:
        first = collect(host.open(), 4)
        second = collect(host.open(probe_cc="IT"), 1)

        async def third() -> list[tuple[str, str]]:
            # Begins amid it, with what the others have seen already.
            await asyncio.sleep(2)
            return await collect(host.open("0-"), 5)

        later(lambda: insert(warehouse, 2), 0.5)
        later(lambda: insert(warehouse, 3, probe_cc="IT"), 1.5)
        later(lambda: insert(warehouse, 4, 5), 2.5)
        return list(await asyncio.gather(first, second, third()))

    first, second, third = asyncio.run(listen())
    assert [name for _, name in first] == [uid(2), uid(3), uid(4), uid(5)]
    assert [name for _, name in second] == [uid(3)]
    assert [name for _, name in third] == [uid(number) for number in (1, 2, 3, 4, 5)]
    time.sleep(1.5)
    assert not any(thread.name == "feed" for thread in threading.enumerate())


def test_a_long_absence_is_told(host: Host, warehouse: Warehouse) -> None:
    async def beginning(last_id: str | None) -> bytes:
        stream = host.open(last_id)
        pieces = stream.events()
        text = await anext(pieces) + await anext(pieces)
        await pieces.aclose()
        stream.close()
        return text

    end = host.feed.end()
    insert(warehouse, 1)
    assert b"event: gap" in asyncio.run(beginning(Position(end.arrived - 25 * 3_600_000).text))
    assert b"event: gap" not in asyncio.run(beginning(Position(end.arrived - 23 * 3_600_000).text))


def test_a_reader_that_stands_still_is_dropped(host: Host, warehouse: Warehouse) -> None:
    async def stand_still() -> int:
        stream = host.open()
        pieces = stream.events()
        await anext(pieces)
        task = asyncio.ensure_future(anext(pieces))
        await asyncio.sleep(0.5)
        for start in range(0, 4000, 1000):
            await asyncio.to_thread(insert, warehouse, *range(start, start + 1000))
        await task
        await asyncio.sleep(6)
        rest = [piece async for piece in pieces]
        stream.close()
        return len(rest)

    assert asyncio.run(stand_still()) < 2000


def test_a_client_that_leaves_while_it_joins_is_forgotten(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = host.open()
    joining, going_on = threading.Event(), threading.Event()
    settled = host.feed._store.settled

    def slow() -> Position:
        joining.set()
        assert going_on.wait(20)
        return settled()

    monkeypatch.setattr(host.feed._store, "settled", slow)

    async def leave() -> None:
        task = asyncio.ensure_future(collect(stream, 1))
        await asyncio.to_thread(joining.wait, 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        going_on.set()

    asyncio.run(leave())
    assert joining.is_set()
    assert host.feed._listeners == []
    assert host.streams._open.total() == 0


def test_bounds(warehouse: Warehouse, host: Host) -> None:
    small = Host(warehouse, most=3, most_a_network=2)
    first, second = small.open(), small.open()
    with pytest.raises(TooMany):
        small.open()
    third = small.streams.open(SearchParameters(), None, b"another")
    with pytest.raises(Unavailable):
        small.streams.open(SearchParameters(), None, b"third")
    first.close()
    small.open().close()
    for stream in (second, third):
        stream.close()
    assert small.streams._open.total() == 0


@pytest.mark.parametrize("text", ["x", "-", "1", "1 -", "1-\n", "1-ü", "9" * 20 + "-", "1-" + "x" * 300])
def test_ids_that_are_none(host: Host, text: str) -> None:
    with pytest.raises(BadRequest):
        host.open(text)


def test_filters_that_are_refused(host: Host) -> None:
    for asked, error in (
        ({"probe_cc": "ZZ"}, Forbidden),
        ({"probe_asn": "0"}, Forbidden),
        ({"probe_asn": "x"}, Invalid),
    ):
        with pytest.raises(error):
            host.open(**asked)


def test_categories_are_read_from_the_lists_and_again_after_a_while(warehouse: Warehouse) -> None:
    columns = ["domain", "url", "cc", "category_code"]
    warehouse.insert("citizenlab", columns, [["a.example", "https://a.example/", "zz", "TEST1"]])
    now = 0.0
    listed = Categories(ArrivalStore(warehouse).listed, clock=lambda: now)
    assert [set(urls) for urls in listed.of(["NONE", "TEST1"])] == [{"https://a.example/"}]
    warehouse.insert("citizenlab", columns, [["b.example", "https://b.example/", "it", "TEST1"]])
    assert len(listed.of(["TEST1"])[0]) == 1
    now = 601.0
    assert len(listed.of(["TEST1"])[0]) == 2


FILTERS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"probe_asn": "AS64500,1"}, True),
    ({"probe_asn": "1"}, False),
    ({"test_name": "telegram,web_connectivity"}, True),
    ({"domain": "site.example"}, True),
    ({"domain": "www.site.example"}, False),
    ({"input": "https://site.example/"}, True),
    ({"input": "https://site.example/", "domain": "ignored.example"}, True),
    ({"category_code": "NEWS"}, True),
    ({"category_code": "HUMR,NEWS", "anomaly": False}, True),
    ({"category_code": "HUMR"}, False),
    ({"category_code": "HUMR", "input": "https://site.example/"}, True),
    ({"anomaly": False}, True),
    ({"anomaly": True}, False),
    ({"failure": True}, False),
    ({"software_version": "3.30.0"}, True),
    ({"engine_version": "3.29.0"}, False),
    ({"since": "2026-03-02", "until": "2026-03-03"}, True),
    ({"since": "2026-03-02T09:59:30Z", "until": "2026-03-03"}, False),
    ({"until": "2026-03-02T09:59:30Z"}, True),
]


def test_filters(host: Host, warehouse: Warehouse) -> None:
    begin = host.feed.end()
    insert(warehouse, 1)
    insert(warehouse, 2, probe_cc="ZZ")
    insert(warehouse, 3, probe_asn=0)
    time.sleep(3.2)

    rows = host.feed._store.between(begin, host.feed.end(), 10)
    assert len(rows) == 3
    for given, matches in FILTERS:
        listed = Categories(lambda: [("NEWS", "https://site.example/"), ("HUMR", "https://other.example/")])
        agrees = matching(SearchParameters(**given), datetime.now(UTC), listed.of)
        assert [row["measurement_uid"] for row in rows if agrees(row)] == ([uid(1)] if matches else [])
