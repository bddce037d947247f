"""Which of many literal patterns occur in a text, in one pass over it.

Owns the choice between two engines that give the same answer: hyperscan where it can be imported, else the
Aho-Corasick automaton. Knows bytes only; what the patterns mean is the business of `tables`.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol


class LiteralSearch(Protocol):
    """A search for a fixed list of distinct, non-empty byte patterns."""

    def find(self, data: bytes) -> list[int]:
        """Positions, in the list, of the patterns that occur in `data`: ascending, each once."""


def literal_search(patterns: Sequence[bytes]) -> LiteralSearch:
    """The fastest search for `patterns` that this machine can run."""
    if not patterns:
        return _NothingToFind()
    # Imported on demand: hyperscan has no wheel for some platforms.
    if find_spec("hyperscan") is None:
        from oonib.scoring.matching.ahocorasick_engine import AhoCorasickSearch  # noqa: PLC0415

        return AhoCorasickSearch(patterns)
    from oonib.scoring.matching.hyperscan_engine import HyperscanSearch  # noqa: PLC0415

    return HyperscanSearch.of_literals(patterns)


class _NothingToFind:
    def find(self, data: bytes) -> list[int]:
        return []
