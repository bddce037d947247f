"""The fingerprints of one place (bodies, one header, DNS answers), ready to be found in a text.

Owns the kinds of pattern: whole text, prefix, contained literal, contained regular expression. A text is
UTF-8 bytes. An answer is a list of row numbers, which the caller brings into the order of the whole table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from oonib.scoring.matching.literals import LiteralSearch, literal_search
from oonib.scoring.matching.regexps import regexp_search

Owners = dict[bytes, list[int]]
"""Row numbers by pattern: several rows may share one."""


@dataclass(slots=True)
class Patterns:
    """Patterns of one place, collected before a `PatternTable` is built from them."""

    full: Owners = field(default_factory=dict)
    prefix: Owners = field(default_factory=dict)
    contains: Owners = field(default_factory=dict)
    regexp: Owners = field(default_factory=dict)

    def add(self, pattern_type: str, pattern: str, row: int) -> None:
        """Note that `row` looks for `pattern` in the manner `pattern_type`."""
        owners: Owners = getattr(self, pattern_type)
        owners.setdefault(pattern.encode("utf-8", "surrogatepass"), []).append(row)


class PatternTable:
    """Finds the rows of one place whose pattern fits a text."""

    __slots__ = ("_contains", "_full", "_prefixes", "_regexps", "_starts", "has_prefixes")

    def __init__(self, patterns: Patterns) -> None:
        self._full = patterns.full
        self._prefixes = tuple(patterns.prefix.items())
        self._starts = tuple(patterns.prefix)
        self.has_prefixes = bool(self._starts)
        self._contains = _Contained(literal_search(list(patterns.contains)), patterns.contains)
        regexps = [pattern.decode() for pattern in patterns.regexp]
        self._regexps = _Contained(regexp_search(regexps), patterns.regexp) if regexps else None

    def find(self, text: bytes) -> list[int]:
        """Rows that fit `text`, unordered, each once."""
        rows = self.find_prefixes(text)
        rows += self._full.get(text, ())
        rows += self._contains.find(text)
        if self._regexps is not None:
            rows += self._regexps.find(text)
        return rows

    def find_prefixes(self, text: bytes) -> list[int]:
        """Rows of which `text` starts with the pattern."""
        # One call for all prefixes settles nearly every text.
        if not text.startswith(self._starts):
            return []
        return [row for prefix, rows in self._prefixes if text.startswith(prefix) for row in rows]


class _Contained:
    """Row numbers of what a search finds."""

    __slots__ = ("_rows", "_search")

    def __init__(self, search: LiteralSearch, owners: Owners) -> None:
        self._search = search
        self._rows = list(owners.values())

    def find(self, text: bytes) -> Iterable[int]:
        found = self._search.find(text)
        return [row for i in found for row in self._rows[i]] if found else ()
