"""Literal search by an Aho-Corasick automaton, for platforms without hyperscan."""

from collections.abc import Sequence

from ahocorasick_rs import BytesAhoCorasick


class AhoCorasickSearch:
    """See `LiteralSearch`: answers each pattern once, in ascending order."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        # The default automaton takes about 1 MB for the public list, the faster one 57 MB a process.
        self._automaton = BytesAhoCorasick(list(patterns))

    def find(self, data: bytes) -> list[int]:
        """Ids of the patterns that occur in `data`; overlapping ones are all seen."""
        matches = self._automaton.find_matches_as_indexes(data, overlapping=True)
        return sorted({match[0] for match in matches})
