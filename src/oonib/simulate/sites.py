"""The web sites of the synthetic world: reserved names, category codes of the test lists, invented addresses.

Addresses are of the kind that public sites have, because documentation ranges count as bogons and would make
every measurement look tampered with.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A site of the test list."""

    url: str
    domain: str
    category_code: str
    address: str
    address6: str

    @property
    def is_https(self) -> bool:
        """Whether the page comes over TLS."""
        return self.url.startswith("https:")


_NAMES = """
NEWS:daily-herald,evening-star,wire,longread,radio-free,courier
HUMR:rights-watchers,prisoners-aid,witness,equal-voice
POLR:opposition-now,civic-forum,reform-party
ANON:hide-proxy,onion-gateway,private-vpn
GRP:chatter,friends,photos,shortvideo
COMT:mailbox,call-me
MMED:clips,streams,podcasts
LGBT:rainbow,pride-guide
PORN:adults-only,late-night
GMB:lucky-dice,betting-shop
REL:minaret,chapel
SRCH:lookup,finder
CULTR:library,museum
HOST:blogs,pastes
FILE:torrents,share
HACK:exploits
MILX:armed-group
ECON:prices
GOVT:ministry
ENV:green-planet
XED:health-facts
CTRL:reference
"""

_HTTP_ONLY = frozenset(
    {"daily-herald", "opposition-now", "lucky-dice", "adults-only", "torrents", "minaret", "wire"}
)


def sites() -> tuple[Site, ...]:
    """All sites, the same in every world; the more often measured ones first."""
    listed = [
        (code, name)
        for line in _NAMES.split()
        for code, names in [line.split(":")]
        for name in names.split(",")
    ]
    return tuple(_site(i, code, name) for i, (code, name) in enumerate(listed, start=10))


def _site(number: int, code: str, name: str) -> Site:
    domain = f"www.{name}.example"
    scheme = "http" if name in _HTTP_ONLY else "https"
    return Site(f"{scheme}://{domain}/", domain, code, f"93.184.216.{number}", f"2606:2800:220:1::{number:x}")
