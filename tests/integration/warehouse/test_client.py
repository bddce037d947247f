"""The program's own client against the embedded server, and against servers that are away or misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import (
    WarehouseError,
    WarehouseRejectedData,
    WarehouseTimeout,
    WarehouseUnavailable,
)

from support.clickhouse import EmbeddedServer
from support.processes import wait_until

ITEMS = """
CREATE TABLE items (n UInt32, s String, o Nullable(Int64), t DateTime, r Array(String), e Enum8('a' = 1))
ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100
"""
COLUMNS = ("n", "s", "o", "t", "r", "e")
NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


def item(**other: object) -> list[object]:
    values = {"n": 1, "s": "text", "o": None, "t": NOON, "r": ["x"], "e": "a"} | other
    return [values[name] for name in COLUMNS]


@pytest.fixture
def items(warehouse: Warehouse) -> Warehouse:
    warehouse.command(ITEMS)
    return warehouse


def test_rows_come_as_dictionaries_and_as_tuples(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item(n=1), item(n=2, o=-5)])
    assert items.select("SELECT n, o FROM items ORDER BY n") == [{"n": 1, "o": None}, {"n": 2, "o": -5}]
    rows = items.select_rows("SELECT n, t FROM items WHERE n = {n:UInt32}", {"n": 2})
    assert (rows.column_names, rows.rows) == (("n", "t"), [(2, NOON)])
    assert rows.summary.read_rows > 0
    assert rows.summary.elapsed > 0
    assert items.select("SELECT n FROM items WHERE 0") == []


def test_parameters_cannot_change_the_statement(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item(s="' OR 1 = 1 --")])
    sql = "SELECT n FROM items WHERE s = {s:String}"
    assert items.select(sql, {"s": "' OR 1 = 1 --"}) == [{"n": 1}]
    assert items.select(sql, {"s": "x' OR '1' = '1"}) == []


def test_stream_and_closing_it_early(items: Warehouse) -> None:
    assert sum(n for (n,) in items.stream("SELECT number FROM numbers(100000)")) == 4999950000
    # Whoever reads such an answer to its end sits here for an hour.
    stream = items.stream("SELECT number FROM numbers(100000000000)", timeout=3600)
    assert next(stream) == (0,)
    stream.close()
    running = "SELECT count() AS n FROM system.processes WHERE query LIKE 'SELECT number%'"
    wait_until(lambda: items.select(running)[0]["n"] == 0, 30, "the end of the query")


def test_errors_in_a_stream(items: Warehouse) -> None:
    stream = items.stream("SELECT throwIf(number = 2000000) FROM numbers(3000000) SETTINGS max_threads = 1")
    with pytest.raises(WarehouseError) as caught:
        for _ in stream:
            pass
    assert caught.value.code == 395


def test_commands_answer_text(warehouse: Warehouse) -> None:
    assert warehouse.command("SELECT 'a'") == "a"
    assert warehouse.command("SELECT '007'") == "007"
    assert warehouse.command("SELECT 1, 'b'") == "1\tb"
    assert warehouse.command("CREATE TABLE c (n UInt8) ENGINE = Memory") == ""
    assert warehouse.command("SELECT {v:String}", {"v": "bound"}) == "bound"


def test_text_that_is_not_unicode_is_mended(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item(s="a\ud800b ☂", r=["\udfff", "ok"])])
    assert items.select("SELECT s, r FROM items") == [{"s": "a\ufffdb ☂", "r": ["\ufffd", "ok"]}]


def test_a_time_without_a_zone_is_utc(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item(t=NOON.replace(tzinfo=None))])
    assert items.select("SELECT t FROM items") == [{"t": NOON}]


@pytest.mark.parametrize(
    "bad",
    [
        {"n": "x"},
        {"n": -1},
        {"n": 2**40},
        {"s": None},
        {"t": "yesterday"},
        {"o": 2**70},
        {"e": "b"},
        {"r": None},
    ],
)
def test_data_that_can_never_be_stored(items: Warehouse, bad: dict[str, object]) -> None:
    with pytest.raises(WarehouseRejectedData):
        items.insert("items", COLUMNS, [item(), item(**bad)])
    assert items.command("SELECT count() FROM items") == "0"


def test_rows_of_the_wrong_length(items: Warehouse) -> None:
    with pytest.raises(WarehouseError):
        items.insert("items", COLUMNS, [[1, 2]])


def test_a_constraint_rejects_data(warehouse: Warehouse) -> None:
    warehouse.command("CREATE TABLE k (n UInt8, CONSTRAINT small CHECK n < 10) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(WarehouseRejectedData) as caught:
        warehouse.insert("k", ("n",), [[11]])
    assert caught.value.code == 469


def test_a_missing_table_or_column_is_not_the_data_s_fault(items: Warehouse) -> None:
    for table, columns in (("nowhere", ("n",)), ("items", ("n", "nothing"))):
        with pytest.raises(WarehouseError) as caught:
            items.insert(table, columns, [[1, 2][: len(columns)]])
        assert type(caught.value) is WarehouseError


def test_lack_of_memory_is_not_the_data_s_fault(items: Warehouse) -> None:
    with pytest.raises(WarehouseUnavailable) as caught:
        items.insert("items", COLUMNS, [item(s="x" * 3_000_000)], settings={"max_memory_usage": 1_000_000})
    assert caught.value.code == 241


def test_a_table_that_changed_under_the_client(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item()])
    items.command("ALTER TABLE items MODIFY COLUMN o Nullable(String)")
    items.insert("items", COLUMNS, [item(o=7)])
    items.command("DROP TABLE items SYNC")
    with pytest.raises(WarehouseError):
        items.insert("items", COLUMNS, [item()])
    items.command(ITEMS.replace("n UInt32", "n String"))
    items.insert("items", COLUMNS, [item(n="now text")])


def test_a_repeated_token_stores_nothing_again(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [item(n=1)], dedup_token="batch-1")
    items.insert("items", COLUMNS, [item(n=2)], dedup_token="batch-1")
    items.insert("items", COLUMNS, [item(n=3)], dedup_token="batch-2")
    assert items.select("SELECT n FROM items ORDER BY n") == [{"n": 1}, {"n": 3}]


def test_a_batch_may_fall_into_many_partitions(warehouse: Warehouse) -> None:
    warehouse.command("CREATE TABLE p (n UInt32) ENGINE = MergeTree PARTITION BY n ORDER BY n")
    warehouse.insert("p", ("n",), [[n] for n in range(101)])
    assert warehouse.command("SELECT count() FROM p") == "101"


def test_inserting_nothing(items: Warehouse) -> None:
    items.insert("items", COLUMNS, [])
    assert items.command("SELECT count() FROM items") == "0"


def test_a_time_limit(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseTimeout) as caught:
        warehouse.select(
            "SELECT sum(sleepEachRow(0.5)) FROM numbers(20) SETTINGS max_block_size = 1", timeout=1
        )
    assert caught.value.code == 159


def test_many_threads_share_one_warehouse(items: Warehouse) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: items.insert("items", COLUMNS, [item(n=n)]), range(24)))
        found = list(
            pool.map(lambda n: items.select("SELECT n FROM items WHERE n = {n:UInt32}", {"n": n}), range(24))
        )
    assert found == [[{"n": n}] for n in range(24)]


def test_closing_does_not_end_it(warehouse: Warehouse) -> None:
    warehouse.close()
    assert warehouse.ping()


@contextmanager
def fake_server(behave: Callable[[socket.socket], None]) -> Iterator[Warehouse]:
    """A listener that treats each connection its own way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        warehouse = Warehouse.connect(f"http://u:secret@127.0.0.1:{listener.getsockname()[1]}/db", timeout=1)
        yield warehouse
        warehouse.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def answer(text: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return behave


def refusal(status: int, code: int | None = None) -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 {status} Trouble\r\nContent-Length: 4\r\nConnection: close\r\n"
    head += f"X-ClickHouse-Exception-Code: {code}\r\n" if code else ""
    return answer(f"{head}\r\noops".encode())


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection: None,
        lambda connection: connection.recv(10),
        refusal(500),
        refusal(502),
        refusal(503),
        refusal(500, 242),
        refusal(500, 252),
        refusal(500, 202),
    ],
    ids=["closes", "resets", "500", "502", "503", "read-only", "too many parts", "too many queries"],
)
def test_a_server_in_trouble_is_unavailable(behave: Callable[[socket.socket], None]) -> None:
    with fake_server(behave) as warehouse:
        assert not warehouse.ping()
        with pytest.raises(WarehouseUnavailable) as caught:
            warehouse.select("SELECT 1")
        assert "secret" not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)


def test_a_server_that_never_answers_is_a_timeout() -> None:
    release = threading.Event()

    def wait(_connection: socket.socket) -> None:
        release.wait(60)

    with fake_server(wait) as warehouse:
        with pytest.raises(WarehouseTimeout):
            warehouse.select("SELECT 1", timeout=1)
        release.set()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    warehouse = Warehouse.connect(f"http://default@127.0.0.1:{port}/ooni")
    assert not warehouse.ping()
    for call in (warehouse.select, warehouse.command, lambda sql: next(warehouse.stream(sql))):
        with pytest.raises(WarehouseUnavailable):
            call("SELECT 1")
    with pytest.raises(WarehouseUnavailable):
        warehouse.insert("items", COLUMNS, [item()])


def test_a_wrong_password_is_said_plainly(server: EmbeddedServer) -> None:
    warehouse = Warehouse.connect(f"http://default:wrong@{server.host}:{server.port}/ooni")
    with pytest.raises(WarehouseError) as caught:
        warehouse.select("SELECT 1")
    assert caught.value.code == 516
    assert "wrong" not in caught.value.message.replace("WRONG_PASSWORD", "")
