"""What the pages of places say. Knows no HTTP; each part that cannot be had is left out by itself."""

from collections.abc import Mapping

from oonib.web.frame.view import View
from oonib.web.places import countries, domains, networks
from oonib.web.places.asked import domain_name, number
from oonib.web.places.sources import Sources


class PlacePages:
    """Raises `Invalid` for a time that cannot be chosen."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def countries(self, days: str, sort: str) -> View:
        """`/countries`."""
        return countries.listed(self._sources, days, sort)

    def country(self, code: str, days: str) -> View:
        """`/country/<code>`."""
        is_code = len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()
        return countries.page(self._sources, code, days) if is_code else countries.missing(code)

    def networks(self, days: str, asked: Mapping[str, str], page: int) -> View:
        """`/networks`."""
        return networks.listed(self._sources, days, asked, page)

    def network(self, text: str, days: str) -> View:
        """`/as/<number>`."""
        found = number(text)
        if found is None:
            return networks.missing(self._sources, text)
        return networks.page(self._sources, found, days)

    def domains(self, days: str, asked: Mapping[str, str], page: int) -> View:
        """`/domains`."""
        return domains.listed(self._sources, days, asked, page)

    def domain(self, text: str, days: str) -> View | str:
        """`/domain/<name>`; an address where the site is known by another name."""
        found = domain_name(text)
        if found is None:
            return domains.missing(self._sources, text)
        return domains.page(self._sources, found, days)
