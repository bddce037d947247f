"""What is blocked in the synthetic world: by whom, how, and during which part of a simulated period.

Owns the plan. How a blocking looks in a measurement is the business of the modules that make bodies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from oonib.simulate.geography import Country, Network
from oonib.simulate.sites import Site

Method = Literal["dns", "nxdomain", "page", "header", "tcp_ip", "http-failure"]

MESSENGERS = ("telegram", "whatsapp", "facebook_messenger", "signal")
TUNNELS = ("tor", "psiphon")


@dataclass(frozen=True, slots=True)
class Block:
    """A target that one network cannot reach, between two points of the period (0 start, 1 end).

    `target` is a domain, or the name of a nettest; `fingerprint` names what the censor
    leaves behind, if anything.
    """

    network: Network
    target: str
    method: Method
    fingerprint: str
    begins: float
    ends: float

    def is_active(self, at: float) -> bool:
        """Whether it is in force at a point of the period."""
        return self.begins <= at < self.ends


_REPERTOIRE: dict[str, tuple[tuple[Method, str], ...]] = {
    "IR": (("dns", "starter.ir_dns"), ("page", "starter.ir_page"), ("http-failure", "")),
    "RU": (
        ("dns", "starter.ru_isp_2"),
        ("dns", "starter.ru_isp_host"),
        ("page", "starter.ru_page"),
        ("http-failure", ""),
    ),
    "TR": (("dns", "starter.tr_dns"), ("page", "starter.tr_page")),
    "ID": (("dns", "starter.id_dns"), ("page", "starter.id_page"), ("dns", "starter.id_isp_2")),
    "PK": (("dns", "starter.pk_dns"), ("page", "starter.pk_page")),
    "IN": (("dns", "starter.in_dns"), ("page", "starter.in_page"), ("tcp_ip", "")),
    "IT": (("dns", "starter.it_dns"), ("page", "starter.it_page")),
    "MY": (("dns", "starter.my_dns"), ("header", "starter.my_header")),
    "AE": (("header", "starter.product_header"), ("http-failure", "")),
    "SA": (("header", "starter.product_header"), ("nxdomain", "")),
    "BR": (("page", "starter.br_isp_page"),),
    "EG": (("http-failure", ""),),
    "VE": (("tcp_ip", ""), ("nxdomain", "")),
    "MM": (("tcp_ip", ""),),
    "KZ": (("http-failure", ""), ("tcp_ip", "")),
    "TH": (("nxdomain", ""),),
}
"""What the censors of a country do, and the fingerprint that each way leaves."""

_APPS = {
    "IR": ("telegram", "signal", "facebook_messenger", "tor", "psiphon"),
    "RU": ("facebook_messenger", "signal", "tor"),
    "EG": ("signal",),
    "AE": ("whatsapp",),
    "PK": ("telegram",),
    "MM": ("facebook_messenger", "whatsapp"),
    "VE": ("tor",),
}
_NEEDS_PLAIN_HTTP = frozenset({"page", "header"})


def plan(rng: Random, countries: Sequence[Country], sites: Sequence[Site]) -> list[Block]:
    """The blocks of one world."""
    blocks: list[Block] = []
    for country in countries:
        for method, fingerprint in _REPERTOIRE.get(country.cc, ()):
            fitting = [s for s in sites if not (method in _NEEDS_PLAIN_HTTP and s.is_https)]
            for site in rng.sample(fitting, 3 if method in _NEEDS_PLAIN_HTTP else 4):
                blocks += _everywhere(rng, country, site.domain, method, fingerprint)
        for app in _APPS.get(country.cc, ()):
            blocks += _everywhere(rng, country, app, "tcp_ip", "")
    return blocks


def _everywhere(rng: Random, country: Country, target: str, method: Method, fingerprint: str) -> list[Block]:
    """One block on all networks of a country, or on most of them."""
    begins, ends = rng.choice(((0.0, 2.0), (0.0, 2.0), (0.0, 2.0), (rng.uniform(0.3, 0.6), 2.0), (0.0, 0.7)))
    networks = country.networks if rng.random() < 0.6 else country.networks[1:]
    return [Block(network, target, method, fingerprint, begins, ends) for network in networks]
