"""Country and network of a list of addresses (probe contract 10)."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Protocol

from oonib.errors import BadRequest, Invalid
from oonib.reference.geoip import Network

MOST_ADDRESSES = 1000


class Locator(Protocol):
    """Where one address is."""

    def lookup(self, address: str) -> Network:
        """Country `ZZ`, network 0 and owner None where they are unknown. Never raises."""


def geolookup(asked: Mapping[str, Any], locator: Locator) -> dict[str, Any]:
    """The answer of `POST /api/v1/geolookup`. Raises `BadRequest`, `Invalid`.

    Keys are the addresses in their canonical form, and as they were given where that differs.
    """
    addresses = asked.get("addresses")
    if not isinstance(addresses, list):
        raise Invalid("addresses is missing or not a list")
    if len(addresses) > MOST_ADDRESSES:
        raise BadRequest(f"more than {MOST_ADDRESSES} addresses")
    found: dict[str, dict[str, Any]] = {}
    for given in addresses:
        canonical = _canonical(given)
        found[canonical] = found[given] = _shown(locator.lookup(canonical))
    return {"v": 1, "geolocation": found}


def _canonical(given: object) -> str:
    try:
        # A number would count as an address, and a zone (`%eth0`) can be any text.
        if not isinstance(given, str) or "%" in given:
            raise ValueError
        return str(ipaddress.ip_address(given))
    except ValueError:
        raise Invalid("one of the addresses is no IP address") from None


def _shown(network: Network) -> dict[str, Any]:
    return {"cc": network.cc, "asn": network.asn or None, "as_name": network.org}
