"""Values on their way into ClickHouse, and the sorting of errors on their way out."""

from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from hypothesis import given
from hypothesis import strategies as st

from oonib.warehouse.client import Address, Warehouse
from oonib.warehouse.errors import (
    WarehouseError,
    WarehouseRejectedData,
    WarehouseTimeout,
    WarehouseUnavailable,
    from_code,
)
from oonib.warehouse.translate import translate
from oonib.warehouse.values import check_labels, clean, clean_rows, enum_labels


@given(st.text(st.characters(codec=None), max_size=50))
def test_clean_text_is_always_utf8_and_keeps_its_length(text: str) -> None:
    cleaned = clean(text)
    assert isinstance(cleaned, str)
    cleaned.encode()
    assert len(cleaned) == len(text)


def test_clean_reaches_into_containers_and_leaves_other_values() -> None:
    rows = clean_rows([["\ud800", ["\udfff", 1], {"k\ud800": "v"}, None, 1.5, b"\xff"]])
    assert rows == [["\ufffd", ["\ufffd", 1], {"k\ufffd": "v"}, None, 1.5, b"\xff"]]


def test_times_are_utc() -> None:
    assert clean(datetime(2024, 1, 1)) == datetime(2024, 1, 1, tzinfo=UTC)  # noqa: DTZ001


def test_enum_labels() -> None:
    assert enum_labels("Nullable(Enum8('a' = 1, 'it\\'s' = -2))") == {"a", "it's"}
    assert enum_labels("String") is None
    check_labels({0: frozenset({"a"})}, [["a"], [1], [None]])
    with pytest.raises(ValueError, match="'b'"):
        check_labels({0: frozenset({"a"})}, [["a"], ["b"]])


@pytest.mark.parametrize(
    ("code", "inserting", "kind"),
    [
        (27, True, WarehouseRejectedData),
        (27, False, WarehouseError),
        (60, True, WarehouseError),
        (241, True, WarehouseUnavailable),
        (252, True, WarehouseUnavailable),
        (202, False, WarehouseUnavailable),
        (159, True, WarehouseTimeout),
        (62, False, WarehouseError),
        (9999, True, WarehouseError),
    ],
)
def test_codes_are_sorted(code: int, inserting: bool, kind: type[WarehouseError]) -> None:
    error = from_code(code, "text", inserting=inserting)
    assert type(error) is kind
    assert error.code == code


def test_addresses_never_reach_a_message() -> None:
    url = "http://db.example.org:8123"
    broken = OperationalError(
        f"Error HTTPConnectionPool(host='db.example.org') executing HTTP request ({url})"
    )
    assert "example" not in str(translate(broken))
    refused = DatabaseError(
        f"Received ClickHouse exception, code: 60, server response: x (for url {url})", code=60
    )
    assert "example" not in str(translate(refused))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://u:p%40ss@h:1/d", Address("h", 1, "u", "p@ss", "d", secure=False)),
        ("clickhouse://h", Address("h", 8123, "default", "", "default", secure=False)),
        ("https://h/x", Address("h", 8443, "default", "", "x", secure=True)),
    ],
)
def test_urls(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize("url", ["", "postgres://h/d", "http://", "h:8123"])
def test_urls_that_are_not_clickhouse(url: str) -> None:
    with pytest.raises(ValueError, match="looks like"):
        Warehouse.connect(url)
