"""Searching measurements for fingerprints in linear time (fastpath contract 6.2, 6.4)."""

from oonib.scoring.matching.literals import LiteralSearch, literal_search
from oonib.scoring.matching.matcher import Matcher, Semantics, UndecodableBase64
from oonib.scoring.matching.regexps import BadRegexp, check_regexp

__all__ = [
    "BadRegexp",
    "LiteralSearch",
    "Matcher",
    "Semantics",
    "UndecodableBase64",
    "check_regexp",
    "literal_search",
]
