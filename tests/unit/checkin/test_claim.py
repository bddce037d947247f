"""What a probe says of itself, read so that nothing in it can fail (probe contract 1.1, 1.3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.schema import Claim

ODD: list[Any] = [None, 0, 1, -1.5, True, False, "", " ", "\0", "x" * 10_000, [], [1], {}, {"a": 1}, "🦑"]


@pytest.mark.parametrize(
    ("given_", "cc"),
    [
        ("BR", "BR"), ("br", "BR"), ("bR", "BR"), ("ZZ", "ZZ"), ("B", "ZZ"), ("BRA", "ZZ"), ("B1", "ZZ"),
        (" BR", "ZZ"), ("BR\n", "ZZ"), ("B_R", "ZZ"), ("ßß", "ZZ"), ("ß", "SS"), ("ÀÀ", "ZZ"),
    ],
)  # fmt: skip
def test_countries(given_: str, cc: str) -> None:
    assert Claim.read({"probe_cc": given_}).cc == cc


@pytest.mark.parametrize(
    ("given_", "asn"),
    [
        ("AS28573", 28573), ("AS0", 0), ("AS007", 7), ("AS4294967295", 4294967295),
        ("AS9999999999", 9999999999),
        ("AS99999999999", 0), ("AS", 0), ("28573", 0), ("as28573", 0), ("AS-1", 0), ("AS1 ", 0), ("AS1\n", 0),
        ("AS1.0", 0), ("AS٣", 0), ("ASAS1", 0),
    ],
)  # fmt: skip
def test_networks(given_: str, asn: int) -> None:
    assert Claim.read({"probe_asn": given_}).asn == asn


@pytest.mark.parametrize(
    ("sent", "limit"),
    [
        ({}, 100),
        ({"run_type": "manual"}, 9999),
        ({"run_type": "manual", "charging": False}, 9999),
        ({"run_type": "timed"}, 100),
        ({"run_type": "timed", "charging": True}, 100),
        ({"run_type": "timed", "charging": False}, 20),
        ({"run_type": "MANUAL"}, 100),
        ({"run_type": 7, "charging": False}, 20),
        ({"charging": None}, 100),
        ({"charging": "false"}, 100),
        ({"charging": 0}, 100),
    ],
)
def test_limits(sent: dict[str, Any], limit: int) -> None:
    assert Claim.read(sent).limit == limit


@pytest.mark.parametrize(
    ("given_", "categories"),
    [
        (["NEWS", "HUMR"], {"NEWS", "HUMR"}),
        ([" news ", "News", "NEWS"], {"NEWS"}),
        ("NEWS,humr", {"NEWS", "HUMR"}),
        ("", set()),
        ([""], set()),
        (["NEWS", "", "N3WS", "NE WS", "NEWS;", None, 7, ["NEWS"], "ÑEWS"], {"NEWS"}),
        (None, set()),
        ({"NEWS": 1}, set()),
        (["XXXX"], {"XXXX"}),
    ],
)
def test_categories(given_: Any, categories: set[str]) -> None:
    assert Claim.read({"web_connectivity": {"category_codes": given_}}).categories == categories


@pytest.mark.parametrize("odd", ODD, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "field",
    [
        "run_type",
        "charging",
        "probe_cc",
        "probe_asn",
        "software_name",
        "software_version",
        "web_connectivity",
    ],
)
def test_an_odd_field_counts_as_absent(field: str, odd: Any) -> None:
    absent, claim = Claim.read({}), Claim.read({field: odd})
    limit = 20 if (field, odd) == ("charging", False) and odd is False else absent.limit
    assert (claim.cc, claim.asn, claim.limit, claim.categories) == ("ZZ", 0, limit, frozenset())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
FIELDS = ("run_type", "charging", "probe_cc", "probe_asn", "software_name", "software_version")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*FIELDS, "web_connectivity"), JSON)), JSON)
def test_no_json_makes_it_fail(sent: dict[str, Any], codes: Any) -> None:
    for body in (sent, {**sent, "web_connectivity": {"category_codes": codes}}):
        claim = Claim.read(body)
        assert len(claim.cc) == 2
        assert claim.cc.isascii()
        assert 0 <= claim.asn < 10**10
        assert claim.limit in (20, 100, 9999)
