"""Entries of the test lists, and which of them a country gets. Pure (probe contract 2.1, 2.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import orjson

GLOBAL = "ZZ"
"""The country of the list for everybody."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL of a list. `cc` in upper case, `ZZ` for the global list; `item` is what probes get, as JSON."""

    url: str
    domain: str
    cc: str
    category_code: str
    item: bytes

    @classmethod
    def make(cls, url: str, domain: str, cc: str, category_code: str) -> Self:
        """An entry. `cc` may come in lower case and padded, as the table keeps it."""
        cc = cc.strip("\0 ").upper()
        item = {"category_code": category_code, "country_code": shown_country(cc), "url": url}
        return cls(url, domain, cc, category_code, orjson.dumps(item))

    @property
    def country_code(self) -> str:
        """The country as probes see it: `XX` for the global list."""
        return shown_country(self.cc)


def shown_country(cc: str) -> str:
    """The country of a list as probes see it."""
    return "XX" if cc == GLOBAL else cc


class TestLists:
    """All lists, each URL once in each."""

    __test__ = False  # a name of the field, not a test

    def __init__(self, entries: Iterable[Entry]) -> None:
        by_cc: dict[str, dict[str, Entry]] = {}
        for entry in entries:
            by_cc.setdefault(entry.cc, {}).setdefault(entry.url, entry)
        self._by_cc: Mapping[str, Mapping[str, Entry]] = by_cc

    def __len__(self) -> int:
        return sum(map(len, self._by_cc.values()))

    def has(self, cc: str) -> bool:
        """Whether there is a list of this country."""
        return cc in self._by_cc

    def of(self, cc: str) -> tuple[Entry, ...]:
        """What a probe in `cc` may get: the country's list, and the global one without the same URLs."""
        own = self._by_cc.get(cc, {})
        everybody = self._by_cc.get(GLOBAL, {}) if cc != GLOBAL else {}
        return (*own.values(), *(entry for url, entry in everybody.items() if url not in own))

    def everything(self) -> tuple[Entry, ...]:
        """Every entry of every list."""
        return tuple(entry for entries in self._by_cc.values() for entry in entries.values())
