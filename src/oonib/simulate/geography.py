"""The countries and networks of the synthetic world.

Country codes are real, because pages and statistics need them. Networks are not: their numbers come from the
range for private use and their names say so. Nothing here claims anything about a real operator.
"""

from dataclasses import dataclass

_FIRST_ASN = 64512


@dataclass(frozen=True, slots=True)
class Network:
    """An access network with its resolver."""

    cc: str
    asn: int
    name: str
    resolver: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country, how often it measures, and its networks."""

    cc: str
    weight: int
    networks: tuple[Network, ...]


_SHAPE = {
    "US": (14, 4),
    "IT": (8, 4),
    "RU": (12, 4),
    "DE": (7, 3),
    "BR": (7, 4),
    "IR": (6, 4),
    "IN": (7, 4),
    "ID": (5, 3),
    "TR": (5, 3),
    "GB": (5, 3),
    "FR": (5, 3),
    "PK": (3, 2),
    "MY": (3, 2),
    "AE": (2, 2),
    "SA": (2, 2),
    "EG": (3, 2),
    "VE": (3, 3),
    "MM": (1, 2),
    "KZ": (2, 2),
    "TH": (3, 2),
    "NG": (2, 2),
}
"""Weight and number of networks by country."""


def countries() -> tuple[Country, ...]:
    """All countries, the same in every world."""
    made = []
    asn = _FIRST_ASN
    for cc, (weight, count) in _SHAPE.items():
        networks = tuple(_network(cc, asn + i, i + 1) for i in range(count))
        made.append(Country(cc, weight, networks))
        asn += count
    return tuple(made)


def _network(cc: str, asn: int, number: int) -> Network:
    return Network(cc, asn, f"Simulated Net {number} ({cc})", f"100.64.{asn % 256}.53")
