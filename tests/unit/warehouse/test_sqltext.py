"""Routing of statements by their text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.warehouse.sqltext import first_keyword, parse, tokens


@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        (b"SELECT 1", "SELECT"),
        (b"  -- note\n/* more */ ((select 1))", "SELECT"),
        (b"#! shebang\nwith 1 as a select a", "WITH"),
        (b"", ""),
        (b"'text'", ""),
        (b"/* never closed SELECT", ""),
    ],
)
def test_first_keyword(sql: bytes, keyword: str) -> None:
    assert first_keyword(sql) == keyword


@pytest.mark.parametrize(
    ("sql", "fmt"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1 format Native SETTINGS max_threads = 1", "Native"),
        (b"SELECT 'FORMAT CSV'", None),
        (b"SELECT `FORMAT` x FROM t", None),
        (b"SELECT * FROM (SELECT 1 FORMAT CSV)", None),
        (b"SELECT 1 -- FORMAT CSV", None),
        (b"SELECT $a$ FORMAT CSV $a$ FORMAT TSV;", "TSV"),
    ],
)
def test_format_clause(sql: bytes, fmt: str | None) -> None:
    assert parse(sql).format == fmt


@pytest.mark.parametrize(
    ("sql", "text", "fmt", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\x0a\x20", "INSERT INTO t ", "Native", b"\x0a\x20"),
        (b"INSERT INTO t (a, b) VALUES (1, 2)", "INSERT INTO t (a, b) ", "Values", b" (1, 2)"),
        (b"insert into d.format (values) format CSV \r\n1", "insert into d.format (values) ", "CSV", b"1"),
        (b"INSERT INTO `FORMAT CSV` FORMAT TSV 1", "INSERT INTO `FORMAT CSV` ", "TSV", b"1"),
        (b"INSERT INTO t FORMAT TSV\n\n1", "INSERT INTO t ", "TSV", b"\n1"),
        (b"INSERT INTO FUNCTION f('VALUES') VALUES 1", "INSERT INTO FUNCTION f('VALUES') ", "Values", b" 1"),
    ],
)  # fmt: skip
def test_where_insert_data_begins(sql: bytes, text: str, fmt: str, data: bytes) -> None:
    statement = parse(sql)
    assert (statement.kind, statement.text, statement.format) == ("insert", text, fmt)
    assert statement.data_at is not None
    assert sql[statement.data_at :] == data


def test_settings_of_an_insert_stand_apart() -> None:
    statement = parse(b"INSERT INTO t (settings) SETTINGS a = 1, b = 'VALUES' FORMAT CSV\n1")
    assert (statement.text, statement.settings) == (
        "INSERT INTO t (settings) ",
        "SETTINGS a = 1, b = 'VALUES' ",
    )


@pytest.mark.parametrize(
    "sql", [b"INSERT INTO t SELECT 1", b"INSERT INTO t (a) WITH 1 AS x SELECT x FORMAT CSV"]
)
def test_insert_from_a_query_has_no_data(sql: bytes) -> None:
    assert (parse(sql).kind, parse(sql).text) == ("other", sql.decode())


def test_an_insert_whose_text_is_not_all_there() -> None:
    assert parse(b"INSERT INTO t (a, b) FORM").data_at is None


def test_files_of_the_server_are_noticed() -> None:
    assert parse(b"SELECT 1 INTO OUTFILE 'x'").local_file
    assert parse(b"INSERT INTO t FROM INFILE 'x' FORMAT CSV").local_file
    assert not parse(b"SELECT 'INTO OUTFILE'").local_file
    assert not parse(b"INSERT INTO t (from, infile) FORMAT CSV FROM INFILE").local_file


@given(st.binary(max_size=300))
def test_any_bytes_are_scanned_to_the_end(sql: bytes) -> None:
    found = list(tokens(sql))
    assert all(before.end <= after.start for before, after in pairwise(found))
    parse(sql)
    parse(b"INSERT INTO t " + sql)


def test_an_unterminated_string_is_scanned_in_linear_time() -> None:
    for unclosed in (
        b"'" + b"\\'" * 100_000,
        b"'" * 100_001,
        b"$a$" + b"$b$" * 99_999,
        b"/*" * 100_000,
        b"`\\",
    ):
        assert parse(b"SELECT " + unclosed).keyword == "SELECT"
