"""Pages of places: their parts fail one by one, hostile addresses, periods and names."""

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest

from oonib.errors import Invalid
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseUnavailable
from oonib.web.places import asked

from support.html import HOSTILE, Elements
from support.places import NOW
from support.places_pages import make_places


class Away:
    """Stands for a ClickHouse that is away, or only for queries that hold some word."""

    def __init__(self, word: str = "") -> None:
        self.word = word

    def select(self, sql: str, *_: Any, **__: Any) -> list[dict[str, Any]]:
        """Nothing, or an error."""
        if self.word in sql:
            raise WarehouseUnavailable(None, "away")
        return [{"level": 0.0}] if "quantile" in sql else []


def _client(warehouse: Any) -> Any:
    # Nobody listens there.
    nowhere = Warehouse.connect("http://127.0.0.1:9/ooni", timeout=1.0)
    aggregation = AggregationService(AggregationStore(nowhere, most_rows=0), Gates(), lambda: NOW)
    return make_places(warehouse, aggregation)


@pytest.mark.parametrize(
    "path", ["/countries", "/networks", "/domains", "/country/IR", "/as/64521", "/domain/www.a.example"]
)
def test_pages_stand_when_the_database_is_away(path: str) -> None:
    answer = _client(Away()).get(path)
    assert answer.status_code == 200
    assert "cannot be counted just now" in answer.text


def test_one_part_may_be_away() -> None:
    page = _client(Away("arraySlice")).get("/country/IR")
    assert page.status_code == 200
    assert page.text.count("cannot be counted just now") == 3, "what is blocked, apps and networks"
    assert "Nothing was measured in this time" in page.text
    assert _client(Away("arraySlice")).get("/country/IR?format=json").json()["blocked"] is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_addresses(text: str) -> None:
    client = _client(Away("nothing has this"))
    odd = quote(text[:300], safe="", errors="replace")
    for path in (
        f"/domain/{odd}",
        f"/country/{odd}",
        f"/as/{odd}",
        f"/networks?q={odd}",
        f"/domains?q={odd}",
    ):
        answer = client.get(path)
        assert answer.status_code in (200, 404, 422), path
        page = Elements(answer.text)
        assert not [tag for tag, _ in page.found if tag in ("img", "iframe")]
        assert "\u202e" not in answer.text
        assert "\0" not in answer.text
        assert not [name for _, given in page.found for name in given if name.startswith("on")]


def test_periods() -> None:
    during = asked.period("", date(2026, 3, 2))
    assert (during.days, during.since, during.until, during.last) == (
        30,
        "2026-02-01",
        "2026-03-03",
        "2026-03-02",
    )
    assert asked.period("7", date(2026, 3, 2)).since == "2026-02-24"
    for text in ("0", "31", "x", "030"):
        with pytest.raises(Invalid):
            asked.period(text, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("AS12", 12), ("as12", 12), ("0", None), ("-1", None), ("x", None), ("2147483648", None),
     ("", None), ("²", None), ("1" * 5000, None)],
)  # fmt: skip
def test_numbers_of_networks(text: str, number: int | None) -> None:
    assert asked.number(text) == number


@pytest.mark.parametrize(
    ("text", "name"),
    [("WWW.A.example.", "www.a.example"), ("a b", None), ("", None), ("a\u202eb", None), ("a/b", None),
     ("x" * 254, None), ("münchen.example", "münchen.example"), ("[2001:db8::1]:8080", "[2001:db8::1]:8080")],
)  # fmt: skip
def test_names_of_domains(text: str, name: str | None) -> None:
    assert asked.domain_name(text) == name


def test_variants_of_a_domain() -> None:
    assert asked.variants("www.a.example") == ["a.example"]
    assert asked.variants("a.example") == ["www.a.example"]
    assert "xn--mnchen-3ya.example" in asked.variants("münchen.example")


@pytest.mark.parametrize(
    ("text", "code"), [("iran", "IR"), ("Germny", "DE"), ("united s", "US"), ("XQ", None)]
)
def test_countries_that_may_be_meant(text: str, code: str | None) -> None:
    found = asked.near_countries(text)
    assert code in found if code else found == []
