"""Geolookup over a real database (probe contract 10)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.geolookup import geolookup
from oonib.errors import BadRequest, Invalid
from oonib.reference.geoip import UNKNOWN, GeoIp

from support.mmdb import place, write

RUSSIA = {"cc": "RU", "asn": 12389, "as_name": "Example"}
UNKNOWN_PLACE = {"cc": "ZZ", "asn": None, "as_name": None}


@pytest.fixture(scope="module")
def geoip(tmp_path_factory: pytest.TempPathFactory) -> GeoIp:
    folder = tmp_path_factory.mktemp("geoip")
    write(
        folder / "asn_cc.mmdb",
        {
            "8.8.8.0/24": place("US", 15169, "Google LLC"),
            "198.51.100.0/25": place("DE"),
            "203.0.113.0/24": place(asn=64500),
            "2001:db8:1::/48": place("RU", 12389, "Example"),
        },
    )
    return GeoIp(folder)


TABLE: list[tuple[list[str], dict[str, Any]]] = [
    ([], {}),
    (["8.8.8.8"], {"8.8.8.8": {"cc": "US", "asn": 15169, "as_name": "Google LLC"}}),
    (["198.51.100.5"], {"198.51.100.5": {"cc": "DE", "asn": None, "as_name": None}}),
    (["203.0.113.9"], {"203.0.113.9": {"cc": "ZZ", "asn": 64500, "as_name": None}}),
    (["10.0.0.1", "10.0.0.1"], {"10.0.0.1": UNKNOWN_PLACE}),
    (
        ["2001:DB8:1:0::1"],
        {"2001:db8:1::1": RUSSIA, "2001:DB8:1:0::1": RUSSIA},
    ),
]


@pytest.mark.parametrize(("addresses", "found"), TABLE)
def test_table(geoip: GeoIp, addresses: list[str], found: dict[str, Any]) -> None:
    assert geolookup({"addresses": addresses}, geoip) == {"v": 1, "geolocation": found}


BAD: list[tuple[dict[str, Any], type[Exception]]] = [
    ({}, Invalid),
    ({"addresses": None}, Invalid),
    ({"addresses": "8.8.8.8"}, Invalid),
    ({"addresses": ["8.8.8.8", "8.8.8"]}, Invalid),
    ({"addresses": [134744072]}, Invalid),
    ({"addresses": [None]}, Invalid),
    ({"addresses": [["8.8.8.8"]]}, Invalid),
    ({"addresses": ["fe80::1%\ud800"]}, Invalid),
    ({"addresses": ["8.8.8.8/32"]}, Invalid),
    ({"addresses": ["\u0661.1.1.1"]}, Invalid),
    ({"addresses": ["8.8.8.8"] * 1001}, BadRequest),
]


@pytest.mark.parametrize(("asked", "problem"), BAD)
def test_refused(geoip: GeoIp, asked: dict[str, Any], problem: type[Exception]) -> None:
    with pytest.raises(problem) as caught:
        geolookup(asked, geoip)
    assert "8.8.8" not in str(caught.value)


class Nowhere:
    """A database without anything."""

    def lookup(self, address: str) -> Any:
        del address
        return UNKNOWN


@given(st.lists(st.text(max_size=40) | st.ip_addresses().map(str), max_size=5))
def test_every_address_is_a_key_or_the_list_is_refused(addresses: list[str]) -> None:
    try:
        answer = geolookup({"addresses": addresses}, Nowhere())
    except Invalid:
        return
    assert set(addresses) <= set(answer["geolocation"])
