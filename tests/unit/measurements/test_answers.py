"""Rows as answers show them."""

from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.answers import CSV_COLUMNS, as_csv, next_url
from oonib.measurements.schema import ListedMeasurement

BASE = ("https://api.example.org", "/api/v1/measurements")


def test_the_next_url_keeps_the_order_of_the_request() -> None:
    url = next_url(*BASE, "probe_cc=XA&limit=50&order=desc", offset=50, limit=50)
    assert url == "https://api.example.org/api/v1/measurements?probe_cc=XA&limit=50&order=desc&offset=50"
    assert next_url(*BASE, "", offset=100, limit=100).endswith("/measurements?offset=100&limit=100")
    assert next_url(*BASE, "offset=3&x=&offset=4&a=%2B", offset=5, limit=1).endswith(
        "?offset=5&x=&a=%2B&limit=1"
    )


@given(st.text())
def test_any_query_has_a_next_url_of_plain_text(query: str) -> None:
    url = next_url(*BASE, query.encode("utf-8", "replace").decode(), offset=1, limit=1)
    assert url.isascii()
    assert not set(url) & set(' \r\n<>"')


def test_the_table_has_every_field_of_a_result() -> None:
    assert set(CSV_COLUMNS) == set(ListedMeasurement.model_fields)


def test_formulas_in_a_table_are_text() -> None:
    item: dict[str, object] = dict.fromkeys(CSV_COLUMNS, "")
    for text in ("=1", "+1", "-1", "@x", "\tx"):
        lines = list(as_csv([item | {"input": text}]))
        assert f",'{text}," in lines[1].decode()
