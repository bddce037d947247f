"""What clickhouse-connect does with a server, done with the embedded one."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import clickhouse_connect
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from support.clickhouse import EmbeddedServer

Connect = Callable[..., Client]
RICH = """
CREATE TABLE rich (a UInt64, s LowCardinality(String), n Nullable(String), l LowCardinality(Nullable(String)),
    e Enum8('x' = 1, 'y' = 2), r Array(String), t DateTime, f Float64, m Map(String, UInt8))
ENGINE = MergeTree ORDER BY a
"""
NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)
ROWS = [
    [1, "q", None, None, "x", ["1", "2"], NOON, 0.5, {"k": 1}],
    [2, "z", "n", "l", "y", [], NOON, -1.0, {}],
]


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_every_compression_both_ways(connect: Connect, compress: bool | str) -> None:
    client = connect(compress=compress, tz_mode="aware")
    client.command(RICH)
    client.insert("rich", ROWS)
    assert [list(row) for row in client.query("SELECT * FROM rich ORDER BY a").result_rows] == ROWS


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_results_and_inserts_of_many_blocks(connect: Connect, compress: bool | str) -> None:
    client = connect(compress=compress)
    client.command("CREATE TABLE many (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    client.insert("many", [[number, f"row {number}"] for number in range(200_000)])
    with client.query_rows_stream("SELECT n, s FROM many ORDER BY n") as rows:
        assert sum(1 for n, s in rows if s == f"row {n}") == 200_000


@pytest.mark.parametrize(
    ("sql", "value", "expected"),
    [
        ("SELECT {v:String}", 'it\'s "quoted" \\ with\nnewline\tand tab', None),
        ("SELECT {v:String}", "Привет ☂", None),
        ("SELECT {v:Array(String)}", ["a'b", "c\nd", ""], None),
        ("SELECT {v:Array(Int32)}", [1, -2, 3], None),
        ("SELECT {v:Int64}", -(2**62), None),
        ("SELECT {v:DateTime('UTC')}", NOON, NOON),
        ("SELECT {v:Nullable(String)}", None, None),
    ],
)
def test_parameters_are_bound_on_the_server(
    connect: Connect, sql: str, value: object, expected: object
) -> None:
    result = connect(tz_mode="aware").query(sql, parameters={"v": value})
    assert result.result_rows[0][0] == (value if expected is None else expected)


def test_a_long_parameter(client: Client) -> None:
    wanted = [f"https://example.org/{number}" for number in range(3000)]
    assert client.query("SELECT length({v:Array(String)})", parameters={"v": wanted}).result_rows == [(3000,)]


def test_settings_last_for_one_statement(client: Client) -> None:
    sql = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
    before = client.command(sql)
    assert client.command(sql, settings={"max_block_size": 77}) == 77
    assert client.command(sql) == before
    with pytest.raises(DatabaseError) as caught:
        client.command("SELECT 1", settings={"no_such_setting": 1})
    assert caught.value.code == 115


def test_a_client_s_own_settings(connect: Connect) -> None:
    client = connect(settings={"max_block_size": 99})
    assert client.command("SELECT value FROM system.settings WHERE name = 'max_block_size'") == 99


def test_set_and_use_end_with_their_request(client: Client, database: str) -> None:
    client.command("SET max_block_size = 55")
    client.command("USE system")
    assert client.command("SELECT value FROM system.settings WHERE name = 'max_block_size'") != 55
    assert client.command("SELECT currentDatabase()") == database


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT FROM WHERE", 62),
        ("SELECT * FROM no_such_table", 60),
        ("SELECT no_such_function()", 46),
        ("SELECT 1; SELECT 2", 62),
        ("SHOW TABLES; SHOW TABLES", 62),
        ("SELECT sleepEachRow(1) FROM numbers(10) SETTINGS max_execution_time = 1, max_block_size = 1", 159),
        ("SELECT count() FROM numbers(1000000) SETTINGS max_rows_to_read = 10", 158),
        ("SELECT 1 INTO OUTFILE '/tmp/never'", 1),
        ("INSERT INTO t FROM INFILE '/etc/hostname' FORMAT CSV", 1),
    ],
)
def test_error_codes(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query(sql)
    assert caught.value.code == code


def test_the_same_client_works_after_an_error(client: Client) -> None:
    with pytest.raises(DatabaseError):
        client.query("SELECT throwIf(number = 7) FROM numbers(10)")
    assert client.command("SELECT 3") == 3


def test_an_error_in_the_middle_of_a_stream(client: Client) -> None:
    sql = "SELECT number, throwIf(number = 2500000) FROM numbers(3000000) SETTINGS max_threads = 1"
    seen = 0
    with pytest.raises(StreamFailureError) as caught, client.query_rows_stream(sql) as rows:
        for _ in rows:
            seen += 1
    assert 0 < seen < 2_500_001
    assert caught.value.code == 395


def test_summary_counts_what_was_read_and_written(client: Client) -> None:
    client.command("CREATE TABLE s (n UInt64) ENGINE = MergeTree ORDER BY n")
    written = client.insert("s", [[number] for number in range(10)])
    assert written.written_rows == 10
    assert written.query_id() != ""
    result = client.query("SELECT sum(n) FROM s", transport_settings={})
    assert result.summary["read_rows"] == "10"
    assert int(result.summary["elapsed_ns"]) > 0


def test_query_id_is_echoed(client: Client) -> None:
    result = client.query("SELECT 1", settings={"query_id": "my-own-id"})
    assert result.query_id == "my-own-id"


def test_formats(client: Client) -> None:
    sql = "SELECT number AS n FROM numbers(150000)"
    plain = client.raw_query(sql, fmt="CSVWithNames").decode()
    assert plain.startswith('"n"\n0\n1\n')
    assert plain.count('"n"') == 1
    assert plain.count("\n") == 150_001
    assert client.raw_query("SELECT 1 AS n WHERE 0", fmt="TabSeparatedWithNames") == b"n\n"
    assert b'"rows": 0' in client.raw_query("SELECT 1 AS n WHERE 0", fmt="JSON")
    assert client.raw_query("SELECT 1 AS n, 'a' AS s", fmt="JSONEachRow") == b'{"n":1,"s":"a"}\n'
    assert client.raw_query("SELECT 1 AS n FORMAT JSONEachRow") == b'{"n":1}\n'
    assert client.command("SHOW TABLES") == ""
    assert client.query("SELECT 1 WHERE 0").result_rows == []
    assert client.query("SELECT 1 AS n LIMIT 0").column_names == ("n",)


def test_arrow(client: Client) -> None:
    client.command("CREATE TABLE arrow (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    client.insert_arrow("arrow", pa.table({"n": pa.array([1, 2], pa.uint64()), "s": ["a", "b"]}))
    assert client.query_arrow("SELECT sum(n) AS total FROM arrow").to_pydict() == {"total": [3]}
    with client.query_arrow_stream("SELECT number FROM numbers(200000)") as batches:
        assert sum(batch.num_rows for batch in batches) == 200_000


@pytest.mark.parametrize("filled", [False, True])
def test_data_frames_with_every_kind_of_column(connect: Connect, filled: bool) -> None:
    client = connect(tz_mode="aware")
    client.command(RICH)
    client.insert("rich", ROWS)
    frame = client.query_df("SELECT * FROM rich WHERE a > {least:Int32}", {"least": 0 if filled else 10})
    if not filled:
        frame = pd.DataFrame(ROWS, columns=["a", "s", "n", "l", "e", "r", "t", "f", "m"])
    client.insert_df("rich", frame)
    assert client.command("SELECT count() FROM rich") == 4
    assert client.command("SELECT count() FROM (SELECT DISTINCT * FROM rich)") == 2


def test_raw_inserts(client: Client) -> None:
    client.command("CREATE TABLE raw (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    client.raw_insert("raw", ["n", "s"], b'1,"FORMAT CSV"\n2,b\n', fmt="CSV")
    client.raw_insert("raw", ["n", "s"], (piece for piece in (b'{"n":3,', b'"s":"x"}\n')), fmt="JSONEachRow")
    client.command("INSERT INTO raw VALUES (4, 'a;b'), (5, 'VALUES')")
    client.command("INSERT INTO raw (n, s) SELECT n + 10, s FROM raw")
    client.command("INSERT INTO raw (s, n) VALUES", data="('data', 6)")
    assert client.command("SELECT groupArray(n) FROM (SELECT n FROM raw ORDER BY n)") == (
        "[1,2,3,4,5,6,11,12,13,14,15]"
    )


def test_a_bad_insert_stores_nothing(client: Client) -> None:
    client.command("CREATE TABLE strict (n UInt64) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert("strict", ["n"], b"1\nnot a number\n", fmt="CSV")
    assert caught.value.code == 117
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert("missing", ["n"], b"1\n" * 500_000, fmt="CSV")
    assert caught.value.code == 60
    assert client.command("SELECT count() FROM strict") == 0


STRICT = "ENGINE = MergeTree ORDER BY n"
FULL = "SETTINGS parts_to_throw_insert = 1, parts_to_delay_insert = 100"


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ([f"CREATE TABLE t (n UInt8, CONSTRAINT small CHECK n < 5) {STRICT}"], 469),
        (
            [f"CREATE TABLE t (n UInt8) {STRICT} {FULL}", "SYSTEM STOP MERGES t", "INSERT INTO t SELECT 1"],
            252,
        ),
        (
            [
                f"CREATE TABLE t (n UInt8) {STRICT}",
                f"CREATE TABLE target (n UInt8) {STRICT}",
                "CREATE MATERIALIZED VIEW v TO target AS SELECT n + throwIf(n = 7) AS n FROM t",
            ],
            395,
        ),
    ],
    ids=["constraint", "too many parts", "view fails"],
)
@pytest.mark.parametrize("way", ["client", "values", "csv"])
def test_a_write_that_fails_is_never_acknowledged(
    client: Client, tables: list[str], code: int, way: str
) -> None:
    for sql in tables:
        client.command(sql)
    with pytest.raises(DatabaseError) as caught:
        if way == "client":
            client.insert("t", [[7], [8]])
        elif way == "values":
            client.command("INSERT INTO t VALUES (7), (8)")
        else:
            client.raw_insert("t", insert_block=b"7\n8\n", fmt="CSV")
    assert caught.value.code == code


@pytest.mark.parametrize("fmt", ["Native", "CSV"])
def test_data_may_hold_blank_lines_semicolons_and_keywords(client: Client, fmt: str) -> None:
    client.command("CREATE TABLE text (n UInt32, s String) ENGINE = MergeTree ORDER BY n")
    texts = ["a\n\nb", "; SELECT 1;\n", "FORMAT CSV\n\n", "\\N", "--", "/*", "'", '"', "\x00"]
    rows = [[number, text] for number, text in enumerate(texts)] + [[0x0A0A0A0A, "last"]]
    if fmt == "Native":
        client.insert("text", rows)
    else:
        lines = ['{},"{}"'.format(n, s.replace('"', '""')) for n, s in rows]
        client.raw_insert("text", insert_block="\n".join(lines).encode(), fmt="CSV")
    assert [list(row) for row in client.query("SELECT n, s FROM text ORDER BY n").result_rows] == rows


def test_defaults_and_materialised_columns_are_filled(client: Client) -> None:
    client.command(
        "CREATE TABLE d (n UInt8, s String DEFAULT 'given', u DateTime64(3) MATERIALIZED now64()) "
        "ENGINE = MergeTree ORDER BY n"
    )
    client.insert("d", [[1]], column_names=["n"])
    client.raw_insert("d", insert_block=b'{"n":2}\n', fmt="JSONEachRow")
    assert client.query("SELECT n, s, u > '2020-01-01' FROM d ORDER BY n").result_rows == [
        (1, "given", 1),
        (2, "given", 1),
    ]


def test_an_insert_s_own_settings(client: Client) -> None:
    client.command(
        "CREATE TABLE o (n UInt8) ENGINE = MergeTree ORDER BY n"
        " SETTINGS non_replicated_deduplication_window = 9"
    )
    for number in (1, 2):
        client.command(f"INSERT INTO o (n) SETTINGS insert_deduplication_token = 'k' VALUES ({number})")
    assert client.command("SELECT groupArray(n) FROM o") == "[1]"


def test_repeating_a_deduplication_token_inserts_once(client: Client) -> None:
    client.command(
        "CREATE TABLE once (n UInt64) ENGINE = MergeTree ORDER BY n"
        " SETTINGS non_replicated_deduplication_window = 100"
    )
    for number in range(3):
        client.insert("once", [[number]], settings={"insert_deduplication_token": "same"})
    client.insert("once", [[9]], settings={"insert_deduplication_token": "other"})
    assert client.query("SELECT n FROM once ORDER BY n").result_rows == [(0,), (9,)]


def test_sessions_keep_temporary_tables_and_settings(connect: Connect) -> None:
    mine, other = connect(session_id="mine"), connect(session_id="other")
    mine.command("CREATE TEMPORARY TABLE scratch (n UInt8)")
    mine.command("SET max_block_size = 66")
    mine.insert("scratch", [[1], [2]], database="")
    assert mine.command("SELECT sum(n) FROM scratch") == 3
    assert mine.command("SELECT value FROM system.settings WHERE name = 'max_block_size'") == 66
    with pytest.raises(DatabaseError) as caught:
        other.command("SELECT sum(n) FROM scratch")
    assert caught.value.code == 60


def test_session_check(connect: Connect) -> None:
    with pytest.raises(DatabaseError) as caught:
        connect().command("SELECT 1", settings={"session_id": "never-opened", "session_check": "1"})
    assert caught.value.code == 372


def test_a_session_serves_one_statement_at_a_time(connect: Connect) -> None:
    first, second = connect(session_id="shared"), connect(session_id="shared")
    with first.query_rows_stream("SELECT number FROM numbers(20000000)") as rows:
        next(iter(rows))
        with pytest.raises(DatabaseError) as caught:
            second.command("SELECT 1")
    assert caught.value.code == 373


@pytest.mark.parametrize("form", [False, True])
def test_external_data(connect: Connect, form: bool) -> None:
    client = connect(form_encode_query_params=form)
    extra = ExternalData(
        file_name="movies.csv", data=b"1,Stalker\n2,Solaris\n", fmt="CSV", structure="id UInt8, title String"
    )
    extra.add_file(file_name="years.tsv", data=b"1\t1979\n", types=["UInt8", "Decimal(6, 1)"])
    sql = "SELECT title, _2 FROM movies JOIN years ON id = _1 WHERE id = {id:UInt8}"
    result = client.query(sql, parameters={"id": 1}, external_data=extra)
    assert [(title, str(year)) for title, year in result.result_rows] == [("Stalker", "1979.0")]
    with pytest.raises(DatabaseError):
        client.query("SELECT * FROM movies")


def test_readonly(connect: Connect) -> None:
    client = connect(settings={"readonly": "1"})
    assert client.command("SELECT 1") == 1
    with pytest.raises(DatabaseError) as caught:
        client.command("CREATE TABLE nope (n UInt8) ENGINE = Memory")
    assert caught.value.code == 164
    assert connect().command("CREATE TABLE yes (n UInt8) ENGINE = Memory") is not None


@pytest.mark.parametrize("options", [{"password": "wrong"}, {"username": "nobody"}, {"password": ""}])
def test_wrong_credentials(server: EmbeddedServer, options: dict[str, str]) -> None:
    given = {"username": "default", "password": server.password, **options}
    with pytest.raises(DatabaseError) as caught:
        clickhouse_connect.get_client(host=server.host, port=server.port, **given)
    assert caught.value.code == 516


def test_an_unknown_database(connect: Connect) -> None:
    with pytest.raises(DatabaseError) as caught:
        connect(database="not_there").command("SELECT 1")
    assert caught.value.code == 81


def test_kill_query_by_the_client_s_own_id(connect: Connect) -> None:
    victim, killer = connect(), connect()
    failed: list[DatabaseError] = []

    def suffer() -> None:
        try:
            victim.query(
                "SELECT sum(sipHash64(number)) FROM numbers(100000000000)", settings={"query_id": "victim-1"}
            )
        except DatabaseError as error:
            failed.append(error)

    thread = threading.Thread(target=suffer)
    thread.start()
    while "victim-1" not in str(killer.query("SELECT query FROM system.processes").result_rows):
        assert thread.is_alive()
    with pytest.raises(DatabaseError) as caught:
        killer.query("SELECT 1", settings={"query_id": "victim-1"})
    assert caught.value.code == 216
    killer.command("KILL QUERY WHERE query_id = 'victim-1' ASYNC")
    thread.join(60)
    assert [error.code for error in failed] == [394]


def test_lookups_go_on_beside_heavy_queries(connect: Connect) -> None:
    heavy = connect()
    with heavy.query_rows_stream("SELECT number FROM numbers(50000000)") as rows:
        next(iter(rows))
        assert connect().command("SELECT 42") == 42


def test_one_client_in_many_threads(client: Client) -> None:
    client.command("CREATE TABLE a (n UInt64) ENGINE = MergeTree ORDER BY n")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: client.insert("a", [[number]]), range(20)))
        sums = list(pool.map(lambda k: client.command(f"SELECT sum(n) + {k} FROM a"), range(20)))
    assert sums == [190 + k for k in range(20)]


async def _asynchronously(server: EmbeddedServer, database: str) -> list[int]:
    async with await clickhouse_connect.get_async_client(
        host=server.host, port=server.port, username="default", password=server.password, database=database,
        autogenerate_session_id=False,
    ) as client:  # fmt: skip
        await client.command("CREATE TABLE a (n UInt64) ENGINE = MergeTree ORDER BY n")
        await client.insert("a", [[1], [2], [3]])
        results = await asyncio.gather(*(client.query(f"SELECT sum(n) + {k} FROM a") for k in range(20)))
        return [result.result_rows[0][0] for result in results]


def test_the_asynchronous_client(server: EmbeddedServer, database: str) -> None:
    pytest.importorskip("aiohttp")
    assert asyncio.run(_asynchronously(server, database)) == [6 + number for number in range(20)]
